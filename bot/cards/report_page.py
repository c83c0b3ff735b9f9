"""The report as one page for a browser and for paper: it loads nothing, runs nothing, and says what it cannot prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import report_figures as figures
from bot.cards.html import Html, join, list_of, paragraph, text, typed
from bot.cards.report_proof import Proof, proof_section
from bot.cards.report_rows import FORCED_HEADS, OTHERWISE_HEADS, REFUSED_HEADS, moment
from bot.cards.report_style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from bot.audit.overview import Overview, Period
    from bot.audit.selection import AuditFilter
    from bot.cards.charts import DrawChart

SECTIONS = (
    ("totals", "Totals"),
    ("days", "Per day"),
    ("computers", "Computers"),
    ("people", "People"),
    ("times", "Time to decision"),
    ("forced", "Forced: nobody was asked"),
    ("refused", "Refused attempts"),
    ("otherwise", "Ended otherwise than asked"),
    ("proof", "What was verified, and what was not"),
    ("counting", "How this is counted"),
)
"""Id and heading of each section, in their order."""

NO_CHARTS = "The charts are left out, because matplotlib is not installed: uv sync --locked --inexact --extra reports."
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a page is made of, beside its long lists."""

    wanted: AuditFilter  # as it was typed
    period: Period
    zone: tzinfo
    made_at: datetime
    now: Overview
    earlier: Period | None  # the period before; None: there is none
    before: Overview | None  # its figures; None: the log has nothing of it
    log_begins: datetime | None  # the time of the first entry; None: the log is empty
    refused: int  # how many entries say no
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The rows of the long lists, which are read once, while the page is written."""

    forced: Iterable[str]
    refused: Iterable[str]
    otherwise: Iterable[str]


def page(facts: Facts, lists: Lists, draw: DrawChart | None) -> Iterator[str]:
    """Yield the page piece by piece. Without `draw` it has tables alone, and says so."""
    yield from _head(facts, draw)
    total = facts.now.days.total()
    bodies: dict[str, Iterator[str]] = {
        "totals": figures.totals(facts.now, facts.before, _compared(facts)),
        "days": figures.days(facts.now, draw),
        "computers": figures.computers(facts.now, draw),
        "people": figures.people(facts.now, draw),
        "times": figures.times(facts.now, draw),
        "forced": _list("Forced requests", total.forced, FORCED_HEADS, lists.forced, "No request was forced."),
        "refused": _refused(facts, lists),
        "otherwise": _list("Requests that ended otherwise than asked", facts.now.otherwise, OTHERWISE_HEADS,
                           lists.otherwise, "Each request that acted ended as asked."),
        "proof": proof_section(facts.proof),
        "counting": _counting(),
    }  # fmt: skip
    for key, heading in SECTIONS:
        yield f'<section id="{key}" aria-labelledby="{key}-h">\n<h2 id="{key}-h">{text(heading)}</h2>\n'
        yield from bodies[key]
        yield "</section>\n"
    yield f"</main>\n<footer>{paragraph(text('Made by logoff-bot audit export --format html.'))}</footer>\n"
    yield "</body>\n</html>\n"


def _head(facts: Facts, draw: DrawChart | None) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{text('Audit report of logoff-bot')}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    yield f'<a class="skip" href="#main">{text("To the report")}</a>\n<header>\n<h1>{text("Audit report")}</h1>\n'
    yield f"<dl>\n{join(_facts(facts))}</dl>\n"
    if draw is None:
        yield paragraph(text(NO_CHARTS + " Every number is in a table."), kind="note")
    yield f'</header>\n<nav aria-label="{text("Sections")}"><ol>\n'
    yield join(Html(f'<li><a href="#{key}">{text(heading)}</a></li>\n') for key, heading in SECTIONS)
    yield '</ol></nav>\n<main id="main">\n'


def _facts(facts: Facts) -> Iterator[Html]:
    zone = str(facts.zone)
    since = moment(facts.period.since or facts.log_begins, facts.zone) or text("the first entry")
    yield _fact("Period", Html(f"{since} {text('up to')} {moment(facts.period.until, facts.zone)}"))
    yield _fact("Times in", text(zone))
    asked = facts.wanted.in_words()
    yield _fact("Selected", typed(asked) if asked else text("everything"))
    yield _fact("Made at", moment(facts.made_at, facts.zone))
    yield _fact("Verified", text(facts.proof.in_short()))


def _fact(name: str, value: Html) -> Html:
    return Html(f"<dt>{text(name)}</dt><dd>{value}</dd>\n")


def _compared(facts: Facts) -> Html:
    """Return which period the totals are compared with, or why with none."""
    if facts.period.since is None:
        return text("There is no period before: the report begins with the log. --since names a beginning.")
    if facts.earlier is None or facts.earlier.since is None or facts.before is None:
        return text("There is no period before: the log has no entry of it.")
    begins = facts.log_begins
    late = text(" The log begins later than that.") if begins and begins > facts.earlier.since else Html("")
    between = (moment(facts.earlier.since, facts.zone), moment(facts.earlier.until, facts.zone))
    return Html(f"{text('The period before is')} {between[0]} {text('up to')} {between[1]}{text('.')}{late}")


def _list(caption: str, count: int, heads: Sequence[str], rows: Iterable[str], none: str) -> Iterator[str]:
    if not count:
        yield paragraph(text(none))
        return
    yield paragraph(text(f"{count} {'request' if count == 1 else 'requests'}, newest first."))
    yield from list_of(caption, heads, rows)


def _refused(facts: Facts, lists: Lists) -> Iterator[str]:
    if not facts.refused:
        yield paragraph(text("Nobody was told no."))
        return
    told = f"{facts.refused} {'entry' if facts.refused == 1 else 'entries'}, newest first"
    requests = facts.now.days.total().refused
    yield paragraph(text(f"{told}; refused requests: {requests}. One request may have several, and a command that "
                         "never became a request has one. Each filter has to hold for the entry itself."))  # fmt: skip
    yield from list_of("Refused attempts", REFUSED_HEADS, lists.refused)


def _counting() -> Iterator[str]:
    yield paragraph(text(
        "A request belongs to the period in which it was asked, and counts once in each group that it belongs to, so "
        "groups may add up to more than the total. Forced are requests that asked nobody. Refused are requests in "
        "which somebody was told no. A session counts with its last verdict; done are sessions that were seen gone or "
        "disconnected, or whose message Windows took. What a person took off the card is no session of the request."
    ))  # fmt: skip
    yield paragraph(text(
        "Ended otherwise than asked are requests that were to act and were refused, denied, cancelled, expired or "
        "failed, or in which a session has another verdict than done. Yes and no are answers of other people than the "
        "requester. Times run from the command; the middle one of all is shown."
    ))  # fmt: skip
