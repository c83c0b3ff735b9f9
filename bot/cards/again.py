"""What an ended card offers for the sessions that failed: a new request with just those.

The button carries a command, so it is a request like any other: of its presser, under the rules of then, with a card
and an id of its own. Only the requester may press it: the command has their options and their reason, and nobody else
is to ask in their words. `--force` is never repeated by a button.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cards import verdict_words, wording
from bot.cards.model import CommandButton, Line
from bot.commands.house_style import written
from bot.commands.tokens import escaped
from bot.domain.actions import facts_of
from bot.domain.ask import ActAsk, Choice
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.request import Ending, State
from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.request import Request, Target
    from bot.domain.session import Session

_FAILED = (Verdict.UNREACHABLE, Verdict.FAILED, Verdict.UNKNOWN, Verdict.STILL_CLOSING)
_NO_TURN = (Reason.WAITED, Reason.EXPIRED, Reason.NOT_WARNED)
"""Why a session was left alone though nobody had decided that it should be."""

_ENDINGS = (Ending.DONE, Ending.EXPIRED)
"""A request that failed is none: its rows may be those that did not fit the record, and name whom nobody meant."""

_READ_OTHERWISE = re.compile(r"[^\w.\\$-]", re.ASCII)
"""What a command may read as more than itself, or not at all: a pattern, a list, a mention, a letter with no width."""

TOO_MANY = "{} failed, too many for one button. To try again, ask with the command: those that are gone are left out."


def can_be_tried(request: Request) -> tuple[Target, ...]:
    """Return the targets for which another request can make a difference.

    Nobody who came back, is protected, or was kept by a rule or a person is among them. Nor is a session that is
    stuck, against which no order helps, or a host that refuses the bot's account until somebody changes its rights. A
    card on which nobody pressed did not fail: its time was over.
    """
    if request.state is not State.ENDED or request.ending not in _ENDINGS or not isinstance(request.ask, ActAsk):
        return ()
    if request.ending is Ending.EXPIRED and not _was_decided(request):
        return ()
    return tuple(target for target in request.targets if _may_help(target))


def _was_decided(request: Request) -> bool:
    return bool(request.decided_by or (request.requirement and not request.requirement.is_open))


def _may_help(target: Target) -> bool:
    match target.verdict:
        case Verdict.SKIPPED:
            return target.reason in _NO_TURN
        case Verdict.CHANGED:
            return target.reason is Reason.UNREAD
        case _:
            return target.verdict in _FAILED and target.code != verdict_words.BUSY


def buttons(request: Request) -> Iterator[CommandButton]:
    """Yield the button that asks for those again; none where no button can carry them, or nobody failed."""
    if (failed := can_be_tried(request)) and (button := _button(request, failed)):
        yield button


def lines(request: Request) -> Iterator[Line]:
    """Yield the sentence that stands where no button can."""
    if (failed := can_be_tried(request)) and not _button(request, failed):
        yield Line(parts=(TOO_MANY.format(wording.count(len(failed), "session")),))


def _button(request: Request, failed: Sequence[Target]) -> CommandButton | None:
    return button_of(request, [target.session for target in failed], f"Try again {len(failed)}")


def button_of(request: Request, sessions: Sequence[Session], label: str) -> CommandButton | None:
    """Return the button that asks the same for just these sessions.

    None where its command would be too long, or might mean somebody else.
    """
    ask = just(request, sessions)
    if ask is None:
        return None
    command, text = facts_of(request.action).command, escaped(written(ask))
    button = CommandButton(label=label, asker=request.actor.user_id, command=command, text=text)
    return button if button.fits else None


def just(request: Request, sessions: Sequence[Session]) -> ActAsk | None:
    """Return the ask for exactly these sessions: their hosts, ids, accounts and logon times, to the tick.

    None where a logon time is unknown, or where the ask would mean another session that the request knows.
    """
    ask = request.ask
    if not isinstance(ask, ActAsk) or not all(session.logon for session in sessions):
        return None
    names = dict.fromkeys(account_pattern(session) for session in sessions)
    ids = tuple((each, each) for each in dict.fromkeys(session.id for session in sessions))
    ticks = tuple(dict.fromkeys(str(session.logon) for session in sessions))
    others = tuple(each for each in ask.conditions if each.field not in (Field.USER, Field.LOGON))
    just = replace(
        ask,
        hosts=tuple(dict.fromkeys(session.host for session in sessions)),
        ids=Ids(ids),
        conditions=(
            Condition(field=Field.USER, operator=Operator.LIKE, values=tuple(names)),
            *others,
            Condition(field=Field.LOGON, operator=Operator.IN, values=ticks),
        ),
        choice=Choice.MATCHING,
        force=False,
    )
    known = [target.session for target in request.targets] + [one.session for one in request.excluded]
    return None if any(_means(just, each) for each in known if each not in sessions) else just


def account_pattern(session: Session) -> str:
    """Return the account as a pattern that this name meets, and no shorter or longer one."""
    return _READ_OTHERWISE.sub("?", str(session.account))


def _means(ask: ActAsk, session: Session) -> bool:
    return session.host in ask.hosts and session.id in ask.ids and all(c.holds_for(session) for c in ask.conditions)
