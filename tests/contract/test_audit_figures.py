"""The figures of list, requests, report and CSV agree with plain SQL, over an invented year.

`make deep` tries it with 50,000 requests.
"""

from __future__ import annotations

import csv
import io
import json
import shlex
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from audit_year import Year
from sqlalchemy import text

from adapters.sql.audit_reader import reading
from adapters.sql.database import open_database
from app.cli.audit import audit
from bot.workflow.audit_answer import MOST_ROWS, LogSources
from tests.support.command_line import invoke
from tests.support.effort import PROFILE
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

REQUESTS = 50_000 if PROFILE == "deep" else 101
LEAD = "(event IN ('approved', 'counted', 'denied') AND actor <> requester)"
TURNED_AWAY = "reason_code IN ('refused', 'own_press', 'outsider_press')"
REFUSED = f"(event IN ('refused', 'denied') OR (event = 'noted' AND {TURNED_AWAY}))"
LAST = (
    "verdict <> '' AND seq = (SELECT max(seq) FROM audit_entry x WHERE x.request_id = audit_entry.request_id "
    "AND x.host = audit_entry.host AND x.session_id = audit_entry.session_id AND x.verdict <> '')"
)


class LineCount(io.StringIO):
    """Counts the lines that are written, and keeps none."""

    lines = 0

    def write(self, text: str) -> int:
        self.lines += text.count("\n")
        return len(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    url: str
    engine: Engine

    def one(self, query: str, **values: object) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(query), values).scalar_one()

    def pairs(self, query: str) -> dict[Any, int]:
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(text(query))}

    def run(self, *words: str) -> str:
        done = invoke(["audit", *words, "--database", self.url])
        assert done.exit_code == 0, done.output
        return done.stdout

    def lines(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]

    def count(self, *words: str) -> int:
        """How many lines the command prints. A year of JSON would not fit into memory as one text."""
        with redirect_stdout(LineCount()) as out:
            audit([*words, "--database", self.url], standalone_mode=False)
        return out.lines

    def rows(self, *words: str) -> int:
        """How many rows there are in CSV, without the head."""
        return self.count("export", "--output", "-", "--format", "csv", *words) - 1

    def in_slack(self, text: str) -> tuple[int, int]:
        """How many requests `/logoff-audit` says that there are, and how many rows its spreadsheet has."""
        harness = BotHarness()
        harness.log_sources = LogSources(reports=partial(reading, self.engine))
        harness.ask_and_run(text, command="logoff-audit")
        ((_, sheet),) = harness.chat.files
        rows = list(csv.reader(io.StringIO(sheet.content.decode())))
        return int(harness.chat.told[-1].card.headline.split()[0].replace(",", "")), len(rows) - 1

    def report(self, by: str, *words: str) -> dict[str | None, dict[str, Any]]:
        return {one["group"]: one for one in self.lines("report", "--by", by, *words)}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    url = f"sqlite:///{tmp_path_factory.mktemp('year')}/year.db"
    if request.param == "postgresql":
        new_postgresql: Callable[[], str] = request.getfixturevalue("new_postgresql")
        url = new_postgresql()
    Year(url, signed=False).write(REQUESTS)
    engine = open_database(url)
    yield Log(url=url, engine=engine)
    engine.dispose()


FILTERS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "everything": ((), "1 = 1", "1 = 1"),
    "since": (("--since", "2025-06-01"), "at >= '2025-06-01 00:00:00.000000'", "at >= '2025-06-01 00:00:00.000000'"),
    "until": (("--until", "2025-02-28"), "at < '2025-03-01 00:00:00.000000'", "at < '2025-03-01 00:00:00.000000'"),
    "actor": (("--actor", "person 7"), "actor = 'U0P0007'", "requester = 'U0P0007'"),
    "approver": (("--approver", "U0P0044"), f"actor = 'U0P0044' AND {LEAD}", "HAS"),
    "rule": (
        ("--rule", "own sessions"),
        "(rule LIKE '%, own sessions' OR rule LIKE 'own sessions%')",
        "HAS",
    ),
    "event": (("--event", "stopped"), "event = 'stopped'", "HAS"),
    "verdict": (("--verdict", "gone"), "verdict = 'gone'", f"HAS {LAST} AND"),
    "forced": (("--forced",), "forced", "HAS event <> 'asked' AND"),
    "refused": (("--refused",), REFUSED, "HAS"),
    "request": (("--request", "ts-000042"), "request_id = 'TS-000042'", "request_id = 'TS-000042'"),
}
"""Name -> options, the condition on an entry, and on the `asked` entry; HAS: some entry fulfils the first one."""


def condition_on_asked(on_entry: str, on_asked: str) -> str:
    if not on_asked.startswith("HAS"):
        return on_asked
    return f"request_id IN (SELECT request_id FROM audit_entry WHERE {on_asked.removeprefix('HAS')} {on_entry})"


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_selects_what_plain_sql_selects(log: Log, name: str) -> None:
    options, on_entry, on_asked = FILTERS[name]
    entries = log.one(f"SELECT count(*) FROM audit_entry WHERE {on_entry}")
    asked = log.one(
        f"SELECT count(*) FROM audit_entry WHERE event = 'asked' AND {condition_on_asked(on_entry, on_asked)}"
    )
    assert entries > 0
    assert asked > 0
    assert log.count("list", "--json", *options) == log.rows(*options) == entries
    if name != "event":  # which requests do not have
        rows = min(entries if name == "request" else asked, MOST_ROWS)
        assert log.in_slack(shlex.join(options) or "last 3660d") == (asked, rows)
    assert log.count("requests", "--json", *options) == log.report("actor", *options)[None]["requests"] == asked
    if name in ("everything", "refused"):
        assert log.rows("--requests", *options) == asked


@pytest.mark.parametrize(("option", "column", "value"), [("--user", '"user"', "user"), ("--host", "host", "rds-")])
def test_a_user_or_a_host_is_found_in_entries_and_in_the_sessions_that_they_name(
    log: Log, option: str, column: str, value: str
) -> None:
    first = f"SELECT min({column}) FROM audit_target WHERE {column} LIKE :like"
    wanted = log.one(first, like=f"%{value}%")
    rows = f"SELECT seq FROM audit_target WHERE {column} = :wanted"
    of_entries = f"{column} = :wanted OR seq IN ({rows})"
    entries = log.one(f"SELECT count(*) FROM audit_entry WHERE {of_entries}", wanted=wanted)
    role = " AND role IN ('target', 'kept')" if option == "--user" else ""
    asked = log.one(
        f"SELECT count(DISTINCT request_id) FROM audit_entry WHERE {column} = :wanted OR seq IN ({rows}{role})",
        wanted=wanted,
    )
    for typed in (wanted, wanted.upper()):
        assert len(log.lines("list", option, typed)) == entries
        assert len(log.lines("requests", option, typed)) == asked
    pattern = wanted[:-1] + "?"
    assert len(log.lines("list", option, pattern)) >= entries


def test_host_and_verdict_have_to_hold_for_one_and_the_same_session(log: Log) -> None:
    host = log.one("SELECT host FROM audit_entry WHERE verdict = 'already_gone' ORDER BY seq LIMIT 1")
    asked = log.one(
        f"SELECT count(DISTINCT request_id) FROM audit_entry "
        f"WHERE host = :host AND verdict = 'already_gone' AND {LAST}",
        host=host,
    )
    found = log.lines("requests", "--host", host, "--verdict", "already_gone")
    assert len(found) == asked
    assert all((host, "already_gone") in {(s["host"], s["verdict"]) for s in each["sessions"]} for each in found)
    assert log.report("verdict", "--host", host, "--verdict", "already_gone").keys() == {"already_gone", None}


COUNTED = {
    "actor": "SELECT requester, count(*) FROM audit_entry WHERE event = 'asked' GROUP BY requester",
    "approver": f"SELECT actor, count(DISTINCT request_id) FROM audit_entry WHERE {LEAD} GROUP BY actor",
    "verdict": f"SELECT verdict, count(DISTINCT request_id) FROM audit_entry WHERE {LAST} GROUP BY verdict",
    "day": "SELECT substr(CAST(at AS varchar), 1, 10) AS day, count(*) FROM audit_entry "
    "WHERE event = 'asked' GROUP BY day",
    "user": 'SELECT "user", count(DISTINCT request_id) FROM audit_target JOIN audit_entry USING (seq) '
    "WHERE role IN ('target', 'kept') GROUP BY 1",
    "host": "SELECT host, count(DISTINCT request_id) FROM (SELECT host, request_id FROM audit_entry WHERE host <> '' "
    "UNION SELECT t.host, e.request_id FROM audit_target t JOIN audit_entry e ON e.seq = t.seq) AS named GROUP BY host",
    "rule": "SELECT r, count(DISTINCT request_id) FROM (SELECT request_id, CASE WHEN rule LIKE '%, %' "
    "THEN substr(rule, 1, length(rule) - length(', own sessions')) ELSE rule END AS r FROM audit_entry) AS x "
    "WHERE r NOT IN ('', 'own sessions') GROUP BY r",
}


@pytest.mark.parametrize("by", COUNTED)
def test_a_report_counts_as_plain_sql_does(log: Log, by: str) -> None:
    expected = log.pairs(COUNTED[by].replace('"user", count', 'audit_target."user", count'))
    if log.engine.dialect.name == "postgresql" and by == "day":
        expected = log.pairs(COUNTED[by].replace("CAST(at AS varchar)", "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"))
    found = {group: one["requests"] for group, one in log.report(by).items()}
    own = {"not_begun", "taken_out", "", "own sessions", None}
    assert {group: n for group, n in found.items() if group not in own} == expected


def test_the_sessions_of_a_report_are_those_of_plain_sql(log: Log) -> None:
    total = log.report("forced")
    verdicts = log.pairs(f"SELECT verdict, count(*) FROM audit_entry WHERE {LAST} GROUP BY verdict")
    own = ("not_begun", "taken_out")
    assert {name: n for name, n in total[None]["verdicts"].items() if name not in own} == verdicts
    assert total[None]["done"] == verdicts["gone"] + verdicts["disconnected"]
    assert total["yes"]["requests"] == log.one(
        "SELECT count(DISTINCT request_id) FROM audit_entry WHERE forced AND event <> 'asked'"
    )
    assert total[None]["refused"] == log.one(
        f"SELECT count(DISTINCT request_id) FROM audit_entry WHERE {REFUSED} AND request_id <> ''"
    )


def test_times_to_decision_and_to_the_end_are_medians_of_the_entries(log: Log) -> None:
    with log.engine.connect() as connection:
        took = connection.execute(
            text("SELECT took_ms FROM audit_entry WHERE event IN ('approved', 'denied') ORDER BY took_ms")
        ).scalars().all()  # fmt: skip
    middle = (took[(len(took) - 1) // 2] + took[len(took) // 2]) / 2
    assert log.report("forced")[None]["decision_ms"] == round(middle)


def test_a_table_says_how_many_more_there_are_and_json_has_all(log: Log) -> None:
    count = log.one("SELECT count(*) FROM audit_entry")
    assert f"100 of {count} entries, newest first. {count - 100} more: --limit {count}, or --json" in log.run("list")
    assert f"{count - 7} more" in log.run("list", "--limit", "7")
    assert log.count("list", "--json") == count
    newest = [entry["seq"] for entry in log.lines("list", "--limit", "300")]
    with log.engine.connect() as connection:  # requests overlap, and here each was written whole
        by_time = connection.execute(text("SELECT seq FROM audit_entry ORDER BY at DESC, seq DESC LIMIT 300"))
        assert newest == list(by_time.scalars())
    assert f"{REQUESTS - 100} more: --limit" in log.run("requests")
    commands = {entry["command"].split(" ")[0] for entry in log.lines("list", "--verdict", "gone", "--limit", "50")}
    assert commands == {"/logoff"}
