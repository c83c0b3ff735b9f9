"""Who holds a session that does not close: the programs that run in it, shown to the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import humanize

from bot.cards import wording
from bot.cards.model import Bold, Break, Card, Line, LinePart, Tone
from bot.cards.text import bounded, outside
from bot.domain.actions import Action
from bot.domain.durations import duration
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.program import Program
    from bot.domain.request import Request, Target
    from bot.errors import TerminalError

    Programs = Sequence[Program] | TerminalError | None
    """What runs in a session; the error that kept the bot from reading it; None: the session is there no more."""

    Found = tuple[Target, Programs]

MOST_SESSIONS = 5
"""How many sessions one press looks at."""

MOST_PROGRAMS = 12
LONGEST_NAME = 60

NOTHING_HANGS = "No session of this card is still closing."
NOT_LISTED = "No rule lets you list the sessions there, so I do not show what runs in them."
NOT_THERE = "It is gone by now, or another person has its id."


def hanging(request: Request) -> tuple[Target, ...]:
    """Return the targets that were asked to go and had not gone when their time was over."""
    if request.action is not Action.LOG_OFF:
        return ()
    return tuple(target for target in request.targets if target.verdict is Verdict.STILL_CLOSING)


def of(request: Request, found: Sequence[Found], left: int) -> Card:
    """Return the answer. `left` counts the sessions that were not looked at."""
    headline = f"What still runs in {wording.count(len(found), 'session')} of {request.id}"
    lines = [Line(parts=tuple(_session(target, what)), tone=Tone.ROW) for target, what in found]
    if left:
        more = f"and {wording.count(left, 'more session', 'more sessions')}. Press again when these are gone."
        lines.append(Line(parts=(more,), tone=Tone.QUIET))
    lines.append(Line(parts=("CPU time since each program began. Only you see this.",), tone=Tone.QUIET))
    return Card(headline=headline, summary=headline, lines=tuple(lines))


def _session(target: Target, what: Programs) -> Iterator[LinePart]:
    session = target.session
    yield Bold(outside(str(session.account)))
    yield f", {session.host} session {session.id}"
    for text in _programs(what):
        yield Break()
        yield text


def _programs(what: Programs) -> Iterator[str]:
    if what is None:
        yield NOT_THERE
    elif isinstance(what, Exception):
        yield bounded(what.message)
    elif not what:
        yield "Windows lists no program in it."
    else:
        busiest = sorted(what, key=lambda each: (each.cpu, each.memory), reverse=True)
        yield from (f"{_name(each)}: {_time(each)}, {_size(each)}" for each in busiest[:MOST_PROGRAMS])
        if len(busiest) > MOST_PROGRAMS:
            yield f"and {len(busiest) - MOST_PROGRAMS:,} more"


def _name(program: Program) -> str:
    return outside(program.name, LONGEST_NAME) if program.name.strip() else "a program without a name"


def _time(program: Program) -> str:
    return f"{duration(program.cpu)} of CPU time" if program.cpu.total_seconds() >= 1 else "no second of CPU time"


def _size(program: Program) -> str:
    """Return the memory as Windows writes it: 1.2 GB for 1.2 times 2 to the power of 30."""
    return humanize.naturalsize(program.memory, binary=True).replace("iB", "B")
