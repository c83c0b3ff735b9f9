"""The table of `/sessions`: who is there, who works now, who left, and a menu to pick one of them.

Person, state and idle come first, because a phone shows the first three columns. The host is the fourth column, and
only where there are several: the rows are in the order of presence over all hosts, so that who works now stands first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cards import details, rows, wording
from bot.cards.model import Line, Mark, Tone
from bot.cards.session_words import Presence, by_presence, label_of, presence, protocol, sign_of
from bot.cards.signs import Sign
from bot.cards.table import Cell, Option, Pick, Table
from bot.cards.text import bounded, outside
from bot.domain.actions import Action
from bot.domain.durations import short
from bot.domain.request import SAME_MACHINE, Ending
from bot.domain.session import SessionState, filetime_to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.domain.request import Request, Target
    from bot.domain.session import Session

MOST_NOTES = 5
"""More lines about what could not be read are counted, not shown."""

MOST_SILENT = 20
"""More computers without an answer are counted, not named."""

_MOST_IDS = 10
PICK = "Pick a session..."


def is_for(request: Request) -> bool:
    """Return whether the card is a list that is shown as a table. The only match of a search is shown in full."""
    if request.action is not Action.LIST or request.ending is not Ending.ANSWERED:
        return False
    return len(request.targets) > 1 or not (request.ask.ids or request.ask.conditions)


def state_of(session: Session) -> Cell:
    """Return the state with its sign: `at work`, `idle`, `left`. Without a person it is the word of Windows."""
    kind = presence(session)
    words = {Presence.NOBODY: session.state.label, Presence.UNKNOWN: _unknown(session)}
    return Cell(sign=sign_of(session), text=words.get(kind, kind.value))


def _unknown(session: Session) -> str:
    return "idle time unknown" if session.state is SessionState.ACTIVE else session.state.label


def headline(request: Request) -> str:
    """Return who is there in a line: `4 people on comp1 · 1 at work, 1 idle, 2 left`."""
    sessions = [target.session for target in request.targets]
    where = wording.join_names(list(dict.fromkeys(each.host for each in sessions)) or list(request.ask.hosts))
    kinds = Counter(presence(each) for each in sessions)
    people = {str(each.account).casefold() for each in sessions if each.account.user}
    if not people and not kinds[Presence.UNREAD]:
        return f"Nobody on {where}"
    if not people:
        return f"{wording.count(kinds[Presence.UNREAD], 'session')} on {where} could not be read"
    held = sum(bool(each.account.user) for each in sessions)
    said = wording.count(len(people), "person", "people")
    said += f" in {held:,} sessions" if held > len(people) else ""
    counts = ", ".join(f"{kinds[each]:,} {each.value}" for each in _IN_HEADLINE if kinds[each])
    return f"{said} on {where} · {counts}"


_IN_HEADLINE = (Presence.AT_WORK, Presence.IDLE, Presence.LEFT, Presence.UNKNOWN, Presence.UNREAD)


def table_of(request: Request) -> Table | None:
    """Return the table; None when there is nobody to show."""
    shown = _rows(request)
    if not shown:
        return None
    several = _has_several_hosts(request)
    columns = ("person", "state", "idle", *(("host",) if several else ()), "session", "from")
    more = _MORE_COLUMNS if request.ask.verbose else ()
    cells = (_cells(target.session, several=several, is_verbose=request.ask.verbose) for _, target in shown)
    return Table(columns=(*columns, *more), rows=tuple(cells))


def pick_of(request: Request) -> Pick | None:
    """Return the menu with the people of the table; None when there are none. Each option is one session."""
    several = _has_several_hosts(request)
    options = tuple(
        Option(label=label_of(target.session, says_host=several), value=f"{request.id}:{place}", row=row)
        for row, (place, target) in enumerate(_rows(request))
        if target.session.account.user
    )
    return Pick(label=PICK, options=options) if options else None


def notes(request: Request) -> list[Line]:
    """Return what the table does not say: who is not shown, and what could not be read."""
    lines = [Line(parts=(text,)) for text in _unread(request)]
    more = lines[MOST_NOTES:]
    if more:
        said = wording.count(len(more), "more line", "more lines")
        lines = [*lines[:MOST_NOTES], Line(parts=(f"{said} of what could not be read: narrow it.",))]
    if hidden := len(request.targets) - len(_rows(request)):
        said = wording.count(hidden, "service or listener", "services and listeners")
        lines.append(Line(parts=(f"{said} not shown; --verbose shows them",), tone=Tone.QUIET))
    return lines


def silent_hosts(request: Request) -> list[Line]:
    """Return the computers without an answer in one line; with their own sentences where there is one, or `--verbose`.

    A name that stands for a machine with another name here is no silent one.
    """
    silent = [look for look in request.surveys if look.code and look.code != SAME_MACHINE]
    if request.ask.verbose or len(silent) < 2:
        return rows.silent_hosts(request)
    named = [f"{look.host} ({look.code.replace('_', ' ')})" for look in silent[:MOST_SILENT]]
    more = f" and {len(silent) - MOST_SILENT:,} more" if len(silent) > MOST_SILENT else ""
    said = f" {wording.count(len(silent), 'computer')} did not answer: {', '.join(named)}{more}"
    same = tuple(look for look in request.surveys if look.code == SAME_MACHINE)
    return [Line(parts=(Mark(Sign.PARTLY), said)), *rows.silent_hosts(replace(request, surveys=same))]


def _rows(request: Request) -> list[tuple[int, Target]]:
    """Return the targets that have a row, with their places in the request: people first, idle longest last.

    Services and listeners are shown when they were asked for: by `--verbose`, by their ids, or by a search that found
    nobody else.
    """
    every = sorted(enumerate(request.targets), key=lambda each: by_presence(each[1].session))
    if request.ask.verbose or request.ask.ids:
        return every
    people = [each for each in every if presence(each[1].session) is not Presence.NOBODY]
    return people or (every if request.ask.conditions else [])


def _has_several_hosts(request: Request) -> bool:
    return len({target.session.host for target in request.targets}) > 1 or len(request.ask.hosts) > 1


_MORE_COLUMNS = ("Windows says", "window station", "address", "protocol", "logged on", "host's clock")


def _cells(session: Session, *, several: bool, is_verbose: bool) -> tuple[Cell, ...]:
    idle = short(session.idle) if session.idle is not None else ""
    unread = "could not be read" if session.unread_part("client") else ""
    cells = [
        Cell(text=_person(session)),
        state_of(session),
        Cell(text=idle),
        *([Cell(text=session.host)] if several else []),
        Cell(text=str(session.id)),
        Cell(text=outside(session.client) or unread),
    ]
    return (*cells, *_more_cells(session)) if is_verbose else tuple(cells)


def _more_cells(session: Session) -> Iterator[Cell]:
    yield Cell(text=session.state.label)
    yield Cell(text=outside(session.station))
    yield Cell(text=outside(session.address))
    yield Cell(text=protocol(session))
    yield Cell(at=session.logged_on_at)
    yield Cell(at=filetime_to_datetime(session.now))


def _person(session: Session) -> str:
    if session.account.user:
        return outside(str(session.account))
    return "somebody" if session.unread else outside(session.station) or "nobody"


def _unread(request: Request) -> Iterator[str]:
    """Yield what could not be read, each reason once for a host."""
    reasons: dict[tuple[str, str], list[int]] = {}
    for session in (target.session for _, target in _rows(request)):
        client = session.unread_part("client")
        said = [session.unread, f"its client {client}" if client and not session.unread else ""]
        if request.ask.verbose:
            said += details.not_read(session)
        for each in filter(None, said):
            reasons.setdefault((session.host, each), []).append(session.id)
    for (host, reason), ids in reasons.items():
        yield bounded(f"{host} session {_listed(ids)}: {reason}")


def _listed(ids: Iterable[int]) -> str:
    named = [str(each) for each in ids]
    more = len(named) - _MOST_IDS
    return ", ".join(named[:_MOST_IDS]) + (f" and {more:,} more" if more > 0 else "")
