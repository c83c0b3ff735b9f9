"""A request as people read it: neutral lines and buttons, no Slack in it. Wording lives here and in `phrases`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot import phrases
from bot.commands import BY_NAME
from bot.model import Confirm, Ending, State, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from bot.errors import UsageError
    from bot.model import Request, Target

MOST_ROWS = 25
MOST_SILENT = 10
"""More rows, or more computers without an answer, are counted, not shown: a card is read on a phone."""


@dataclass(frozen=True, slots=True)
class Person:
    """A mention."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, shown in the reader's zone."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Strong:
    """What the eye has to catch."""

    text: str


Part = str | Person | Moment | Strong


class Tone(StrEnum):
    PLAIN = "plain"
    ROW = "row"
    QUIET = "quiet"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    parts: tuple[Part, ...]
    tone: Tone = Tone.PLAIN


class Press(StrEnum):
    """What a button does."""

    APPROVE = "approve"
    CANCEL = "cancel"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    press: Press
    label: str
    request_id: str
    version: int
    is_danger: bool = False

    @property
    def value(self) -> str:
        """All that a button carries."""
        return f"{self.request_id}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`summary` says who, whom and where in one line: what a locked phone shows."""

    headline: str
    summary: str
    lines: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()


def of(request: Request) -> Report:
    """The request as it stands, as a card."""
    headline = _headline(request)
    lines = [*_rows(request), *_left_out(request), *_silent_hosts(request), *_said(request), _footer(request)]
    return Report(
        headline=headline,
        summary=f"{headline}{_whom(request)} ({request.id}, asked by {request.actor.name or request.actor.user_id})",
        lines=tuple(lines),
        buttons=_buttons(request),
    )


def is_private(request: Request) -> bool:
    """Reads, previews and refusals are for the person who asked; whatever people decide about is for all."""
    acted = any(look.started_at for look in request.looks)
    return request.state is State.ENDED and not (request.card or request.decided_by or request.ask.here or acted)


def _headline(request: Request) -> str:
    match request.state:
        case State.ASKED:
            return f"Looking at {_where(request)}"
        case State.AWAITING:
            return f"Log off {_sessions(request)} on {_where(request)}?"
        case State.READY | State.ACTING:
            done = len(request.targets) - len(request.open_targets)
            return f"Logging off on {_where(request)}: {done} of {len(request.targets)} done"
        case State.ENDED:
            return _ending(request)


def _ending(request: Request) -> str:
    match request.ending:
        case Ending.DONE:
            return _outcome(request)
        case Ending.ANSWERED:
            return f"{phrases.count(len(request.targets), 'session')} on {_where(request)}"
        case Ending.WHATIF:
            return f"What if: {_sessions(request)} on {_where(request)} would be logged off. Nothing was changed"
        case Ending.NOTHING_TO_DO:
            return f"Nobody was logged off on {_where(request)}"
        case Ending.REFUSED:
            return "Not allowed. Nobody was logged off" if not _gone(request) else _outcome(request)
        case Ending.DENIED:
            return "Denied. Nobody was logged off"
        case Ending.CANCELLED:
            return "Cancelled. Nobody was logged off"
        case Ending.EXPIRED:
            return f"Expired. {_outcome(request)}"
        case Ending.FAILED:
            return f"Failed. {_outcome(request)}"
        case None:
            return "Over"


def _outcome(request: Request) -> str:
    gone, total = len(_gone(request)), len(request.targets)
    if total and not gone:
        unsure = len(request.unsure_targets)
        return f"{phrases.count(unsure, 'session')} not yet seen gone" if unsure else "Nobody was logged off"
    if not total:
        return "Nobody was logged off"
    of_all = "" if gone == total else f" of {total}"
    return f"Logged off {gone}{of_all} {'session' if total == 1 else 'sessions'} on {_where(request)}"


def _gone(request: Request) -> list[Target]:
    return [target for target in request.targets if target.verdict is Verdict.GONE]


def _sessions(request: Request) -> str:
    return phrases.count(len(request.targets), "session")


def _where(request: Request) -> str:
    hosts = list(dict.fromkeys(target.session.host for target in request.targets)) or list(request.ask.hosts)
    return phrases.on_hosts(hosts)


def _whom(request: Request) -> str:
    names = list(
        dict.fromkeys(str(target.session.account) for target in request.targets if target.session.account.user)
    )
    return f": {phrases.on_hosts(names)}" if 0 < len(names) <= 3 else ""


def _rows(request: Request) -> list[Line]:
    rows = [_row(request, target) for target in request.targets[:MOST_ROWS]]
    if len(request.targets) > MOST_ROWS:
        more = f"and {len(request.targets) - MOST_ROWS:,} more; narrow it with `id=`, `user=` or `state=` to see them"
        rows.append(Line(parts=(more,), tone=Tone.QUIET))
    return rows


def _row(request: Request, target: Target) -> Line:
    session = target.session
    if request.ending is Ending.WHATIF:
        return Line(parts=(phrases.what_if(target),), tone=Tone.ROW)
    name = str(session.account) if session.account.user else session.station or "nobody"
    parts: list[Part] = [Strong(name), f"  {session.host} session {session.id}, {phrases.situation(session)}"]
    if session.logged_on_at:
        parts += [", logged on ", Moment(session.logged_on_at)]
    if session.client:
        parts.append(f", from {session.client}")
    if target.verdict or request.state is State.ACTING:
        parts.append(f"\n{phrases.MARKS[target.verdict] if target.verdict else '…'} {phrases.verdict(target)}")
    return Line(parts=tuple(parts), tone=Tone.ROW)


def _left_out(request: Request) -> list[Line]:
    if not request.left_out:
        return []
    said = [
        f"{o.session.host} session {o.session.id}{f' {o.session.account}' if o.session.account.user else ''}: {o.why}"
        for o in request.left_out[:MOST_ROWS]
    ]
    more = len(request.left_out) - len(said)
    text = "Left out: " + "; ".join(said) + (f"; and {more:,} more" if more else "")
    return [Line(parts=(text,), tone=Tone.QUIET)]


def _silent_hosts(request: Request) -> list[Line]:
    silent = [look for look in request.looks if look.code]
    lines = [Line(parts=("⚠ " + look.say,)) for look in silent[:MOST_SILENT]]
    if len(silent) > MOST_SILENT:
        lines.append(Line(parts=(f"⚠ {len(silent) - MOST_SILENT:,} more computers did not answer.",)))
    return lines


def _said(request: Request) -> list[Line]:
    lines: list[Line] = []
    if reason := getattr(request.ask, "reason", ""):
        lines.append(Line(parts=(f"Reason: {reason}",)))
    if request.ending is Ending.FAILED:
        text = f"Something went wrong on my side. Give this reference to whoever runs the bot: {request.say}"
        lines.append(Line(parts=(text,)))
    elif request.say:
        lines.append(Line(parts=(request.say,)))
    return lines


def _footer(request: Request) -> Line:
    parts: list[Part] = [f"{request.id}, asked by ", Person(request.actor.user_id)]
    match request:
        case _ if request.ending is Ending.CANCELLED and request.decided_by:
            parts += [", cancelled by ", Person(request.decided_by.user_id)]
        case _ if request.ending is Ending.DENIED and request.decided_by:
            parts += [", denied by ", Person(request.decided_by.user_id)]
        case _ if request.decided_by:
            parts += [", approved by ", Person(request.decided_by.user_id)]
        case _ if request.requirement and request.requirement.confirm is Confirm.NOBODY:
            parts.append(", forced: nobody was asked")
    if request.decided_at:
        parts += [" at ", Moment(request.decided_at)]
    if request.state is State.AWAITING:
        parts += [", waits until ", Moment(request.expires_at)]
    return Line(parts=tuple(parts), tone=Tone.QUIET)


def _buttons(request: Request) -> tuple[Button, ...]:
    def button(press: Press, label: str, *, is_danger: bool = False) -> Button:
        return Button(press=press, label=label, request_id=request.id, version=request.version, is_danger=is_danger)

    if request.state is State.AWAITING:
        yes = button(Press.APPROVE, f"Log off {len(request.targets)}", is_danger=True)
        return (yes, button(Press.CANCEL, "Cancel"))
    waiting = [target for target in request.open_targets if not _has_begun(request, target.session.host)]
    if request.state is State.ACTING and waiting:
        return (button(Press.STOP, "Stop the rest"),)
    return ()


def _has_begun(request: Request, host: str) -> bool:
    look = request.look_at(host)
    return bool(look and look.started_at)


def receipt(request: Request) -> str:
    """The first answer: it is in the database, nothing can get lost."""
    return f"{request.id}: looking at {phrases.on_hosts(request.ask.hosts)}"


def usage(error: UsageError, slash: str) -> Report:
    """What cannot be understood: the text with the place marked, the nearest spelling, an example."""
    lines: list[Line] = []
    if error.text and error.end > error.start:
        start = max(0, error.start - 40)
        shown = error.text[start : error.end + 40]
        mark = " " * (error.start - start) + "^" * min(error.end - error.start, 60)
        lines.append(Line(parts=(f"{shown}\n{mark}",), tone=Tone.CODE))
    if error.nearest:
        lines.append(Line(parts=("Did you mean ", Strong(error.nearest), "?")))
    lines.append(
        Line(
            parts=("For example: ", Strong(error.example or BY_NAME[slash.lstrip("/")].examples[0][0])), tone=Tone.QUIET
        )
    )
    return Report(headline=error.say, summary=error.say, lines=tuple(lines))


def manual(slash: str) -> Report:
    """What `/logoff help` answers."""
    command = BY_NAME[slash.lstrip("/")]
    lines = [Line(parts=(Strong(example), f"  {meaning}"), tone=Tone.ROW) for example, meaning in command.examples]
    names = f"The names of {command.cmdlet} work, too: -ComputerName, -Id ..."
    lines.append(Line(parts=(names,), tone=Tone.QUIET))
    return Report(headline=f"{command.slash}: {command.description}", summary=command.description, lines=tuple(lines))
