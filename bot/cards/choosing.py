"""What a card offers when a command named a computer and no session: the sessions there, one button each.

Each button carries the same command for that one session. It acts on nobody: the new request asks for a yes of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import again
from bot.cards.model import CommandButton
from bot.cards.text import outside
from bot.commands.house_style import written
from bot.commands.tokens import escaped
from bot.domain.actions import Action, facts_of
from bot.domain.ask import Choice
from bot.domain.request import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.request import Request

MOST_OFFERED = 5
"""One row of buttons. Of more sessions the first of the card are offered, and the others are typed."""


def buttons(request: Request) -> Iterator[CommandButton]:
    """Yield a button for each of the first sessions on the card, as the requester may see and touch them."""
    is_open = request.ending is Ending.ANSWERED and request.ask.choice is Choice.NONE
    if not is_open or request.action is Action.LIST:
        return
    for target in request.targets[:MOST_OFFERED]:
        session = target.session
        ask = again.just(request, [session])
        place = f"{session.host} session {session.id}" if len(request.ask.hosts) > 1 else f"session {session.id}"
        if ask is None:
            continue
        button = CommandButton(
            label=f"{outside(str(session.account), LONGEST_LABEL)}, {place}",
            asker=request.actor.user_id,
            command=facts_of(request.action).command,
            text=escaped(written(ask)),
        )
        if button.fits:
            yield button


LONGEST_LABEL = 40
"""Letters of an account on a button, which has 75 in all."""
