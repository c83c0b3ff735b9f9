"""What became of many computers: totals while they work, and the outcome of each in the card's thread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.headlines import headline, verb
from bot.cards.model import Bold, Card, Line, LinePart, Mark, Tone
from bot.cards.signs import Sign
from bot.cards.verdict_words import SIGNS, briefly, is_of_host
from bot.cards.wording import count
from bot.domain.request import State
from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from bot.domain.request import Request, Target

FEW = 3
"""Up to so many computers are named in the headline, and their rows say it all."""

MOST_LINES = 60
"""More computers are counted: a message of the thread stays whole."""

MOST_NAMED = 100
"""How many computers on which all went well are named."""

_SILENT = (Verdict.UNREACHABLE, Verdict.UNKNOWN)
_WORST_FIRST = (Sign.FAULT, Sign.UNKNOWN, Sign.WAITS, Sign.LEFT_ALONE, Sign.DONE)


def is_fleet(request: Request) -> bool:
    """Return whether so many computers are named that their rows alone show no whole. The head of a request says it."""
    return request.started_at is not None and len(request.ask.hosts) > FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class _Host:
    """The targets of one computer, and how they stand."""

    name: str
    targets: tuple[Target, ...]

    @property
    def is_done(self) -> bool:
        return not any(target.is_open for target in self.targets)

    @property
    def is_silent(self) -> bool:
        return any(t.verdict in _SILENT and (t.reason is Reason.HOST_ERROR or is_of_host(t)) for t in self.targets)


def _hosts(request: Request) -> list[_Host]:
    by_name: dict[str, list[Target]] = {}
    for target in request.targets:
        by_name.setdefault(target.session.host, []).append(target)
    return [_Host(name=name, targets=tuple(targets)) for name, targets in by_name.items()]


def totals(request: Request) -> list[Line]:
    """Return the line that counts the computers: `143 of 200 computers done, 2 did not answer`. None for a few."""
    hosts = _hosts(request)
    if len(hosts) <= FEW or request.state not in (State.ACTING, State.ENDED) or request.started_at is None:
        return []
    silent = sum(host.is_silent for host in hosts)
    text = f"{sum(host.is_done for host in hosts):,} of {len(hosts):,} computers done"
    return [Line(parts=(f"{text}, {silent:,} did not answer" if silent else text,))]


def by_host(request: Request) -> Card | None:
    """Return the outcome of each computer, what went wrong first; None where the card's own rows say it."""
    hosts = _hosts(request)
    if len(hosts) <= FEW:
        return None
    well = [host for host in hosts if _sign(host) is Sign.DONE]
    others = sorted((host for host in hosts if host not in well), key=lambda host: _WORST_FIRST.index(_sign(host)))
    lines = [_line(request, host) for host in others[:MOST_LINES]]
    if more := len(others) - len(lines):
        lines.append(Line(parts=(f"and {count(more, 'more computer')}",), tone=Tone.ROW))
    if well:
        lines.append(_all_well(request, well))
    title = f"By computer: {headline(request)} ({request.id})"
    return Card(sign=Sign.LIST, headline=title, summary=title, lines=tuple(lines))


def _sign(host: _Host) -> Sign:
    signs = {SIGNS[target.verdict] if target.verdict else Sign.UNKNOWN for target in host.targets}
    return min(signs, key=_WORST_FIRST.index)


def _line(request: Request, host: _Host) -> Line:
    done = sum(target.verdict in verb(request).done_verdicts for target in host.targets)
    reasons = Counter(_reason(target) for target in host.targets if _reason(target))
    said = [f"{done:,} of {len(host.targets):,} {verb(request).done}"] if done else []
    said += [reason if reason == _silence(host) else f"{number:,} {reason}" for reason, number in reasons.items()]
    parts: list[LinePart] = [Mark(_sign(host)), " ", Bold(host.name), f"  {', '.join(said)}"]
    return Line(parts=tuple(parts), tone=Tone.ROW)


def _silence(host: _Host) -> str:
    return "did not answer" if host.is_silent else ""


def _reason(target: Target) -> str:
    """Return why the target is not done, without the name of the computer that stands before it."""
    return briefly(target).removeprefix(f"{target.session.host} ")


def _all_well(request: Request, hosts: list[_Host]) -> Line:
    names = [host.name for host in hosts]
    more = len(names) - MOST_NAMED
    said = ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    who = sum(len(host.targets) for host in hosts)
    on = count(len(hosts), "computer")
    parts: list[LinePart] = [Mark(Sign.DONE), f" {who:,} {verb(request).done} on {on}: {said}"]
    return Line(parts=tuple(parts), tone=Tone.ROW)
