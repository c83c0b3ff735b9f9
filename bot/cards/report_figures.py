"""The sections of a report that count: each chart has its numbers in a table below it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bot.cards.charts import Chart
from bot.cards.html import Html, outer, paragraph, table, text
from bot.cards.report_rows import person, spoken, took

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.audit.figures import Figures, Report
    from bot.audit.overview import Overview
    from bot.cards.charts import DrawChart

MOST_GROUPS = 10
"""How many computers or people a table has."""

LONGEST_LABEL = 22
DRAWN_YEARS = range(1970, 2100)
"""A day of another year stands in a forged row. Beside it a chart would show nothing of the others."""

TIMES = ("up to 1 minute", "up to 5 minutes", "up to 15 minutes", "up to 1 hour", "over 1 hour")
_HEADS = ("requests", "forced", "refused", "sessions", "done", "not done")


def totals(now: Overview, before: Overview | None, compared: Html) -> Iterator[str]:
    """Yield the totals beside those of the period before."""
    yield paragraph(compared)
    heads = ("figure", "this period") if before is None else ("figure", "this period", "period before", "change")
    theirs = [None] * len(_totals(now)) if before is None else [value for _, value, _ in _totals(before)]
    rows = [_total(name, value, old, in_time=in_time, alone=before is None)
            for (name, value, in_time), old in zip(_totals(now), theirs, strict=True)]  # fmt: skip
    yield from table("The period in numbers", heads, rows)
    yield '<div class="pair">\n'
    endings = sorted(now.endings.items(), key=lambda each: (-each[1], each[0]))
    yield from table("How the requests ended", ("ending", "requests"),
                     [(text(spoken(ending) or "not over yet"), number) for ending, number in endings])  # fmt: skip
    verdicts = sorted(now.days.total().verdicts.items(), key=lambda each: (-each[1], each[0]))
    yield from table("What came of the sessions", ("verdict", "sessions"),
                     [(outer(spoken(verdict)), number) for verdict, number in verdicts])  # fmt: skip
    yield "</div>\n"


def _totals(overview: Overview) -> list[tuple[str, int | None, bool]]:
    """Return each total: its name, its value, and whether it is a time."""
    total = overview.days.total()
    return [
        ("Requests", total.requests, False),
        ("of these forced", total.forced, False),
        ("of these refused", total.refused, False),
        ("of these ended otherwise than asked", overview.otherwise, False),
        ("of these do not verify", total.unverified, False),
        ("Sessions they were about to act on", total.sessions, False),
        ("of these done", total.done, False),
        ("of these not done", total.not_done, False),
        ("of these without a verdict", total.sessions - total.done - total.not_done, False),
        ("People who asked", len(overview.requesters.groups()), False),
        ("Computers named", len(overview.hosts.groups()), False),
        ("Median time to decision", total.decision_ms, True),
        ("Median time to the end", total.done_ms, True),
    ]


def _total(name: str, value: int | None, old: int | None, *, in_time: bool, alone: bool) -> list[Html | int]:
    def said(number: int | None) -> Html | int:
        return text(took(number)) if in_time or number is None else number

    label = Html(f'<span class="part">{text(name)}</span>') if name.startswith("of these") else text(name)
    return [label, said(value)] if alone else [label, said(value), said(old), text(_change(value, old))]


def _change(value: int | None, old: int | None) -> str:
    if value is None or old is None:
        return "-"
    if value == old:
        return "same"
    sign = "+" if value > old else "-"
    share = f"{abs(value - old) / old:.0%}" if old else "from none"
    return f"{sign}{share}" if old else share


def days(now: Overview, draw: DrawChart | None) -> Iterator[str]:
    """Yield the requests of each day."""
    groups = now.days.groups()
    dated = [(day, each) for each in groups if (day := _day(each.group or "")) is not None]
    if not dated:
        yield paragraph(text("No request was asked."))
        return
    drawn = [(day, each) for day, each in dated if day.year in DRAWN_YEARS]
    if drawn:
        yield from _drawn(draw, _chart_of_days(drawn))
    if len(drawn) < len(dated):
        yield paragraph(text("Days before 1970 or after 2099 are in the table alone."))
    yield paragraph(text("Days without a request are not in the table."))
    rows = [[text(each.group or "no time"), *_counts(each)] for each in groups]
    yield from table("Requests of each day", ("day", *_HEADS), rows, "tall")


def _chart_of_days(dated: list[tuple[date, Figures]]) -> Chart:
    return Chart(
        key="chart-days", title="Requests asked on each day, and how many of them asked nobody", whole="requests",
        part="forced", days=tuple(day for day, _ in dated), values=tuple(each.requests for _, each in dated),
        parts=tuple(each.forced for _, each in dated),
    )  # fmt: skip


def _day(group: str) -> date | None:
    """Return the day; None for a request without a time, or with one that only a forger writes."""
    try:
        return date.fromisoformat(group)
    except ValueError:
        return None


def computers(now: Overview, draw: DrawChart | None) -> Iterator[str]:
    """Yield the computers with the most requests."""
    yield from _top("computer", "computers", now.hosts, draw, "--by host")


def people(now: Overview, draw: DrawChart | None) -> Iterator[str]:
    """Yield who asked, who decided, and whose sessions it was about."""
    yield f"<h3>{text('Who asked')}</h3>\n"
    yield from _top("requester", "requesters", now.requesters, draw, "--by actor")
    yield f"<h3>{text('Whose sessions')}</h3>\n"
    yield from _top("account", "accounts", now.users, draw, "--by user")
    yield f"<h3>{text('Who said yes or no to others')}</h3>\n"
    approvers = now.approvers.groups()
    if approvers:
        rows = [(person(each.name, each.group or ""), each.requests, each.yes, each.no, text(took(each.decision_ms)))
                for each in approvers[:MOST_GROUPS]]  # fmt: skip
        heads = ("approver", "requests", "yes", "no", "median time to decision")
        yield from table("Approvers with the most requests", heads, rows)
    yield _more("approver", "approvers", len(approvers), "--by approver")


def times(now: Overview, draw: DrawChart | None) -> Iterator[str]:
    """Yield how long people waited for the deciding yes or no."""
    count = len(now.decisions)
    if not count:
        yield paragraph(text("No request was decided by a person."))
        return
    parts = now.decisions.parts()
    middle, most, longest = now.days.total().decision_ms, now.decisions.within(0.9), now.decisions.within(1)
    yield paragraph(text(
        f"A person decided {count} of {now.days.total().requests} requests, half of them within {took(middle)}, nine "
        f"of ten within {took(most)}, the slowest after {took(longest)}."
    ))  # fmt: skip
    title = "How long requests waited for the deciding yes or no"
    yield from _drawn(draw, Chart(key="chart-times", title=title, whole="requests", names=TIMES, values=parts))
    rows = [(text(name), number, text(f"{number / count:.0%}")) for name, number in zip(TIMES, parts, strict=True)]
    yield from table("Requests by their time to decision", ("time", "requests", "share"), rows)


def _top(one: str, many: str, report: Report, draw: DrawChart | None, how: str) -> Iterator[str]:
    groups = report.groups()
    shown = groups[:MOST_GROUPS]
    if shown:
        yield from _drawn(draw, Chart(
            key=f"chart-{many}", title=f"The {many} with the most requests, and how many of these asked nobody",
            whole="requests", part="forced", names=tuple(map(_label, shown)),
            values=tuple(each.requests for each in shown), parts=tuple(each.forced for each in shown),
        ))  # fmt: skip
        rows = [[person(each.name, each.group) if each.group else text("(none)"), *_counts(each)] for each in shown]
        yield from table(f"The {many} with the most requests", (one, *_HEADS), rows)
    yield _more(one, many, len(groups), how)


def _more(one: str, many: str, count: int, how: str) -> Html:
    if count <= MOST_GROUPS:
        return paragraph(text(f"{count or 'No'} {one if count == 1 else many} in all."))
    said = f"{count} {many} in all. All of them: logoff-bot audit report {how} with the same filters."
    return paragraph(text(said))


def _counts(each: Figures) -> tuple[Html | int, ...]:
    return (each.requests, each.forced, each.refused, each.sessions, each.done, each.not_done)


def _label(each: Figures) -> str:
    name = each.name or each.group or "(none)"
    return name if len(name) <= LONGEST_LABEL else f"{name[:LONGEST_LABEL]}..."


def _drawn(draw: DrawChart | None, chart: Chart) -> Iterator[str]:
    if draw is not None:
        yield f"<figure>{draw(chart)}<figcaption>{text(chart.title)}{text('.')}</figcaption></figure>\n"
