"""`logoff-bot audit requests`, `audit break-glass` and `audit report`: whole requests, and their figures."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.audit_entries import MARK, SHOWN, Limit, in_all, put
from app.cli.audit_options import Query, queried, tell_unverified
from app.cli.options import AsJson, out
from app.cli.tables import Letters
from app.printing import json_line, letters
from bot.audit.figures import By, Report
from bot.audit.history import YES
from bot.cards.audit_card import few_of, outcome

if TYPE_CHECKING:
    from bot.audit.figures import Figures
    from bot.audit.history import RequestHistory

MOST_NAMES = 5
"""How many users or computers a line names. JSON has all."""

Groups = Annotated[By, typer.Option("--by", help="What the figures are grouped by.")]


@queried
def requests(query: Query, limit: Limit = None, as_json: AsJson = False) -> None:
    """One line a request: when, who, whom, where, why, by which rule, who decided, what came of it and how fast.

    A filter has to hold for some entry of the request; user, host and verdict for one session of it.
    """
    show(query, limit, as_json=as_json)


@queried
def break_glass(query: Query, limit: Limit = None, as_json: AsJson = False) -> None:
    """The requests that asked nobody: the same as `audit requests --forced`."""
    show(replace(query, wanted=replace(query.wanted, forced=True)), limit, as_json=as_json)


def show(query: Query, limit: int | None, *, as_json: bool) -> None:
    with query.reader() as (reader, names):
        count = reader.count_requests(query.wanted, names)
        most = limit if limit or as_json else SHOWN
        at = f"asked at ({query.zone_name})"
        table = Letters("request", at, "who", "whom", "where", "rule", "decided by", "outcome", "decision",
                              "done", "command and why", narrow=2)  # fmt: skip
        found = reader.requests(query.wanted, names, limit=most)
        shown, unverified = put(found, table, lambda each: _cells(each, query), as_json=as_json)
        if not as_json:
            table.print(out)
            out.print(letters(in_all("request", "requests", shown, count)), soft_wrap=True)
    tell_unverified(unverified, query)


def _cells(each: RequestHistory, query: Query) -> tuple[str, ...]:
    fault = f"DOES NOT VERIFY: {'; '.join(each.faults)}" if each.faults else ""
    who_decided = [f"{answer.name or answer.actor}{'' if answer.says == YES else ' (no)'}" for answer in each.answers]
    return (
        each.request_id,
        query.moment(each.asked_at),
        each.requester_name or each.requester,
        few_of((session.user for session in each.sessions), MOST_NAMES),
        few_of(each.hosts, MOST_NAMES),
        ", ".join(each.rules),
        "nobody (forced)" if each.forced else ", ".join(who_decided),
        outcome(each),
        seconds(each.decision_ms),
        seconds(each.done_ms),
        "; ".join(filter(None, (fault, each.command, each.reason, each.note))),
    )


def seconds(ms: int | None) -> str:
    return "" if ms is None else f"{ms / 1000:.1f} s"


@queried
def report(query: Query, by: Groups = By.ACTOR, as_json: AsJson = False) -> None:
    """The figures of the requests that the filters select, in groups. A request counts in each group it belongs to.

    `done` are sessions that are gone, disconnected, or got their message. Times are medians.
    """
    with query.reader() as (reader, names):
        figures = Report(by, query.zone)
        faults: list[str] = []
        for each in reader.requests(query.wanted, names):
            figures.add(each.about(query.wanted, names))
            if each.faults and len(faults) < SHOWN:
                faults.append(each.unverified)
        if as_json:
            for one in (*figures.groups(), figures.total()):
                sys.stdout.write(json_line({"by": by.value, **one.values()}))
        else:
            _print(figures, query)
    tell_unverified(faults, query)


def _print(figures: Report, query: Query) -> None:
    by = f"{figures.by} ({query.zone_name})" if figures.by is By.DAY else str(figures.by)
    table = Letters(by, "requests", "forced", "refused", "yes", "no", "sessions", "done", "not done",
                          "decision", "to the end", "verdicts", narrow=0)  # fmt: skip
    for one in (*figures.groups(), figures.total()):
        table.add_texts(*_figures(one), mark=MARK if one.unverified else "")
    table.print(out)
    asked = query.wanted.in_words() or "everything"
    out.print(letters(f"Selected: {asked}. Times in {query.zone_name}; those after --since and --until in UTC."))


def _figures(one: Figures) -> tuple[str, ...]:
    group = "all" if one.group is None else one.group or "(none)"
    name = f"{one.name} ({group})" if one.name and one.name != group else group
    mark = f": {one.unverified} do not verify" if one.unverified else ""
    numbers = (one.requests, one.forced, one.refused, one.yes, one.no, one.sessions, one.done, one.not_done)
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in one.verdicts.items())
    return (name + mark, *map(str, numbers), seconds(one.decision_ms), seconds(one.done_ms), verdicts)
