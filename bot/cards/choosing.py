"""What a card offers when a command named a computer and no session: the sessions there.

Few of them are a button each, more are a menu. A button carries the same command for that one session; a pick answers
with such a button. Neither acts on anybody: the new request asks for a yes of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import again, session_table
from bot.cards.session_words import label_of
from bot.cards.table import Option, Pick
from bot.cards.target_list import by_host
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.request import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.cards.model import CommandButton
    from bot.domain.request import Request

MOST_OFFERED = 5
"""One row of buttons. More sessions are a menu."""


def is_open(request: Request) -> bool:
    """Return whether the command chose nobody yet. Its head is enough to know."""
    is_answered = request.ending is Ending.ANSWERED and request.ask.choice is Choice.NONE
    return is_answered and request.action not in (Action.LIST, Action.AUDIT)


def buttons(request: Request) -> Iterator[CommandButton]:
    """Yield a button for each session that the requester may see and touch, in the order of the rows."""
    if not is_open(request) or len(request.targets) > MOST_OFFERED:
        return
    for target in by_host(request.targets):
        label = label_of(target.session, says_host=len(request.ask.hosts) > 1)
        if button := again.button_of(request, [target.session], label):
            yield button


def pick_of(request: Request) -> Pick | None:
    """Return the menu of the sessions where they are too many for buttons."""
    if not is_open(request) or len(request.targets) <= MOST_OFFERED:
        return None
    places = {target.key: place for place, target in enumerate(request.targets)}
    options = (
        Option(
            label=label_of(target.session, says_host=len(request.ask.hosts) > 1),
            value=f"{request.id}:{places[target.key]}",
            row=row,
        )
        for row, target in enumerate(by_host(request.targets))
    )
    return Pick(label=session_table.PICK, options=tuple(options))
