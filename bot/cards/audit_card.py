"""The answer to `/logoff-audit`, and the weekly digest: figures, the newest requests, and the end of the log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.audit.figures import By
from bot.audit.history import YES
from bot.cards.model import Bold, Card, CommandButton, Line, LinePart, Timestamp, Tone
from bot.cards.text import outside
from bot.cards.wording import count
from bot.commands.tokens import escaped
from bot.domain.actions import Action, facts_of
from bot.domain.durations import exactly
from bot.domain.request import Ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.audit.entry import Head
    from bot.audit.figures import Figures
    from bot.audit.history import RequestHistory
    from bot.audit.selection import AuditFilter
    from bot.domain.request import Request

MOST_REQUESTS = 10
"""How many requests a card lists. The spreadsheet has more."""

MOST_GROUPS = 15
"""How many groups a card and a chart list."""

MOST_NAMES = 3
"""How many accounts or computers one row names."""

NO_CHARTS = (
    "There is no chart, because matplotlib is not installed. Whoever runs the bot can add it: "
    "uv sync --locked --inexact --extra reports"
)
TOOK_TOO_LONG = "Reading took too long, so I stopped. Name a shorter time, for example: last 7d."

_LONGEST = 80
_ELSE = "Nothing was found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of the log for one command."""

    request: Request  # the command
    wanted: AuditFilter
    by: By | None  # what is counted by; None: the newest requests are listed
    is_own: bool  # the requester's own requests alone
    is_digest: bool  # for the channel, by the bot itself
    head: Head  # the end of the log
    total: Figures
    groups: tuple[Figures, ...]  # days where `by` is None
    newest: tuple[RequestHistory, ...]  # a few of them
    unknown: tuple[str, ...] = ()  # options whose value the log does not have
    began: datetime | None = None  # when the log began, where all that was asked for is before that


def build(reading: Reading, remarks: Sequence[str] = ()) -> Card:
    """Return the card. `remarks` are sentences about the files beside it."""
    headline = _headline(reading)
    lines = [*_scope(reading), *_rows(reading), *_totals(reading.total), *_end(reading)]
    lines += [Line(parts=(remark,), tone=Tone.QUIET) for remark in remarks]
    return Card(
        headline=headline,
        summary=f"{headline} ({reading.request.id})",
        lines=tuple(lines),
        buttons=tuple(_buttons(reading)),
    )


def in_words(reading: Reading, fault: str = "") -> str:
    """Return what was read, for the entry of the command. `fault` says why it could not be shown."""
    whose = "own requests only; " if reading.is_own else ""
    return f"{_headline(reading)}; read: {whose}{reading.wanted.in_words()}{f'; not shown: {fault}' if fault else ''}"


def headline_at(ending: Ending | None) -> str:
    """Return the headline of a command that has no answer; of one that has, for who asks for its card later."""
    match ending:
        case None:
            return "Reading the audit log"
        case Ending.ANSWERED:
            return "The audit log was read"
        case Ending.REFUSED:
            return "Not allowed. Nothing was read"
        case Ending.EXPIRED:
            return "Expired. The audit log was not read in time. Ask again with the command"
        case _:
            return "Failed. Nothing of the audit log was shown"


def unknown(request_id: str) -> str:
    return f"I know no request {request_id} that you may read about. Look at its spelling."


def too_much(found: int, most: int) -> str:
    return (
        f"That is {found:,} requests; in Slack I read {most:,} at the most. Name a shorter time, for example: last 7d. "
        "On the bot's own machine logoff-bot audit report reads all."
    )


def rows_left_out(kept: int, found: int) -> str:
    return f"The spreadsheet has the newest {kept:,} of {found:,} rows."


def not_sent(name: str, fault: str) -> str:
    return f"I could not send {name}: {fault}"


def bars(reading: Reading) -> list[tuple[str, int]]:
    """Return the bars of the chart, the largest groups first and days in their order; none for one bar."""
    shown = _shown(reading)
    return [(_name(each), each.requests) for each in shown] if len(shown) > 1 else []


def chart_title(reading: Reading) -> str:
    return f"{reading.request.id}: requests by {_by(reading)}"


def outcome(history: RequestHistory) -> str:
    """Return how a request ended, with the verdicts of its sessions."""
    verdicts = Counter(each.verdict for each in history.sessions if each.verdict)
    counted = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
    return ": ".join(filter(None, (history.ending or "not over", counted)))


def few_of(names: Iterable[str], most: int) -> str:
    """Return the first names, each once, and how many more there are."""
    every = list(dict.fromkeys(filter(None, names)))
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _by(reading: Reading) -> By:
    return reading.by or By.DAY


def _shown(reading: Reading) -> tuple[Figures, ...]:
    return reading.groups[-MOST_GROUPS:] if _by(reading) is By.DAY else reading.groups[:MOST_GROUPS]


def _headline(reading: Reading) -> str:
    total = reading.total
    some = [count(total.requests, "request")]
    some += [f"{total.forced:,} forced"] if total.forced else []
    some += [f"{total.refused:,} refused"] if total.refused else []
    found = ", ".join(some) if total.requests else _ELSE
    return f"The week of the bot: {found}" if reading.is_digest else found


def _scope(reading: Reading) -> Iterator[Line]:
    """Yield what was asked for, in which time, and what was not read."""
    if not reading.is_digest:
        yield Line(parts=(Bold(outside(reading.request.text, 300)),))
    yield Line(parts=_period(reading), tone=Tone.QUIET)
    if reading.is_own:
        why = "These are your own requests alone: no rule lets you read those of others here."
        yield Line(parts=(why,))
    for option in reading.unknown:
        yield Line(parts=(f"The log knows no such {option}. Look at its spelling.",))


def _period(reading: Reading) -> tuple[LinePart, ...]:
    since, until = reading.wanted.since, reading.wanted.until
    if until and reading.began:
        later = ". The log began later, at ", Timestamp(reading.began), ": name a later time, for example last 7d."
        return "Asked before ", Timestamp(until), *later
    begin: tuple[LinePart, ...] = ("Asked from ", Timestamp(since)) if since else ("Asked since the log began",)
    if since and until and since >= until:
        return *begin, ". That time is still to come: name an earlier one, for example last 7d."
    return (*begin, " to ", Timestamp(until)) if until else begin


def _rows(reading: Reading) -> Iterator[Line]:
    if reading.is_digest or reading.by is not None:
        yield from _groups(reading)
        return
    yield from map(_request, reading.newest)
    if (more := reading.total.requests - len(reading.newest)) > 0:
        yield Line(parts=(f"and {count(more, 'request')} more, which the spreadsheet has",), tone=Tone.ROW)


def _groups(reading: Reading) -> Iterator[Line]:
    for each in _shown(reading):
        yield Line(parts=(Bold(_name(each)), f"  {_counted(each)}"), tone=Tone.ROW)
    if (more := len(reading.groups) - MOST_GROUPS) > 0:
        yield Line(parts=(f"and {count(more, 'group')} more",), tone=Tone.ROW)


def _name(figures: Figures) -> str:
    group = figures.group or "(none)"
    return outside(f"{figures.name} ({group})" if figures.name and figures.name != group else group, _LONGEST)


def _counted(figures: Figures) -> str:
    some = [count(figures.requests, "request"), f"{count(figures.sessions, 'session')}: {figures.done:,} done"]
    some += [f"{figures.not_done:,} not done"] if figures.not_done else []
    some += [f"{figures.forced:,} forced"] if figures.forced else []
    some += [f"{figures.refused:,} refused"] if figures.refused else []
    some += [f"{figures.yes:,} yes"] if figures.yes else []
    some += [f"{figures.no:,} no"] if figures.no else []
    some += [f"{figures.unverified:,} do not verify"] if figures.unverified else []
    return ", ".join(some)


def _request(history: RequestHistory) -> Line:
    who = outside(history.requester_name or history.requester, _LONGEST)
    parts: list[LinePart] = [Bold(history.request_id), "  "]
    parts += [Timestamp(history.asked_at), "  "] if history.asked_at else []
    said = [f"{who}: {outside(history.command, _LONGEST)}"]
    whom = few_of((outside(each.user, _LONGEST) for each in history.sessions), MOST_NAMES)
    said += [f"whom: {whom}"] if whom else []
    said += [f"reason: {outside(history.reason, _LONGEST)}"] if history.reason else []
    said += [f"rule: {outside(', '.join(history.rules), _LONGEST)}"] if history.rules else []
    said.append("nobody was asked (forced)" if history.forced else _answers(history))
    said.append(outcome(history))
    said += ["DOES NOT VERIFY"] if history.faults else []
    return Line(parts=(*parts, "; ".join(filter(None, said))), tone=Tone.ROW)


def _answers(history: RequestHistory) -> str:
    said = [f"{outside(each.name or each.actor, _LONGEST)} said {'yes' if each.says == YES else 'no'}"
            for each in history.answers]  # fmt: skip
    return few_of(said, MOST_NAMES)


def _totals(total: Figures) -> Iterator[Line]:
    if not total.requests:
        return
    yield Line(parts=(f"Together: {_counted(total)}.",))
    if total.decision_ms is not None:
        yield Line(parts=(f"Half of them were decided within {_length(total.decision_ms)}.",), tone=Tone.QUIET)
    if total.unverified:
        wrong = f"{count(total.unverified, 'request')} with an entry that does not verify. Run: logoff-bot audit verify"
        yield Line(parts=(Bold(wrong),))


def _length(milliseconds: int) -> str:
    return exactly(timedelta(seconds=round(milliseconds / 1000)))


def _end(reading: Reading) -> Iterator[Line]:
    """Yield the end of the log: who keeps it can see later that nothing up to there was cut or changed."""
    newest = f"Newest entry: {reading.head.seq}:{reading.head.hash}"
    yield Line(parts=(newest,), tone=Tone.PLAIN if reading.is_digest else Tone.QUIET)
    if reading.is_digest:
        check = f"Check the log with: logoff-bot audit verify --key PUBLIC --anchor {reading.head.seq}:HASH"
        yield Line(parts=(check,), tone=Tone.QUIET)
    yield Line(parts=(f"{reading.request.id}. Hashes of what was read were compared.",), tone=Tone.QUIET)


def _buttons(reading: Reading) -> Iterator[CommandButton]:
    """Yield the same question in groups, where it had none."""
    if reading.is_digest or reading.by is not None or reading.wanted.request or not reading.total.requests:
        return
    for by in (By.USER, By.HOST, By.ACTOR):
        yield CommandButton(
            label=f"By {by}",
            asker=reading.request.actor.user_id,
            command=facts_of(Action.AUDIT).command,
            text=escaped(f"{reading.request.text.strip()} by {by}"),
        )
