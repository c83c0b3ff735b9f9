"""The answer to a session that was picked below a table: who it is, and what the reader may do with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.cards import again, session_table
from bot.cards.message_form import TextButton
from bot.cards.model import Card, CommandButton, Line, Mark, Tone
from bot.cards.text import outside
from bot.commands.exact_logons import exact_moment
from bot.commands.house_style import plain_or_quoted
from bot.commands.tokens import escaped
from bot.domain.actions import Action, facts_of
from bot.domain.durations import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.session import Session

OFFERED = (Action.LOG_OFF, Action.DISCONNECT, Action.MESSAGE)
"""What is offered for a session, in the order of the buttons."""

_ORDINARY = re.compile(r"[\w.$\\&'()+-]+(?: [\w.$\\&'()+-]+)*")
"""Names that a command reads as they are. Any other is a pattern of its letters, with the logon to the tick."""


NO_LOGON = "This name holds a letter that a filter cannot mean exactly, and its logon time is unknown. Ask by its id."


def card_of(
    session: Session, actions: Sequence[Action], asker: str, why_not: str, own: CommandButton | None = None
) -> Card:
    """Return the answer. `why_not` is said when no action is allowed; `own` stands for what the reader had asked."""
    headline = f"{outside(str(session.account))} on {session.host}, session {session.id}"
    state = session_table.state_of(session)
    idle = f" {short(session.idle)}" if session.idle is not None else ""
    client = f", from {outside(session.client)}" if session.client else ""
    lines = [Line(parts=(Mark(state.sign), f" {state.text}{idle} when it was listed{client}"), tone=Tone.ROW)]
    meant = f"{session.host} id={session.id} {_named(session)}"
    if own is None and not session.logon and not _ORDINARY.fullmatch(str(session.account)):
        actions, why_not = (), NO_LOGON
    if not actions:
        lines.append(Line(parts=(why_not,)))
    buttons = [_button(action, asker, meant) for action in actions] if own is None else [own]
    return Card(headline=headline, summary=headline, lines=tuple(lines), buttons=tuple(buttons))


def _named(session: Session) -> str:
    name = str(session.account)
    if _ORDINARY.fullmatch(name):
        return f"user={plain_or_quoted(name)}"
    return f"user={again.account_pattern(session)} logon={exact_moment(str(session.logon))}"


def _button(action: Action, asker: str, meant: str) -> CommandButton:
    facts = facts_of(action)
    if action is Action.MESSAGE:
        return TextButton(label=f"{facts.plain}...", asker=asker, command=facts.command, text=escaped(meant))
    return CommandButton(label=facts.plain, asker=asker, command=facts.command, text=escaped(meant))
