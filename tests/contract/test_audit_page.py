"""The numbers of the report as a page agree with plain SQL, over an invented year, and with the other commands."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest
from audit_year import KEYS, Year
from sqlalchemy import text, update

from adapters.sql.database import open_database
from adapters.sql.tables import audit_entry
from app.wiring import open_scan
from bot.audit.keys import PublicKey
from tests.contract.logs import unguarded
from tests.contract.test_audit_figures import LAST, LEAD, REFUSED, REQUESTS, Log, log  # noqa: F401 - the fixture
from tests.support.command_line import invoke
from tests.support.html_page import ReadPage

if TYPE_CHECKING:
    from pathlib import Path

ASKED = "SELECT {what} FROM audit_entry WHERE event = 'asked' AND at >= '{since}' AND at < '{until}'"
THIS, BEFORE = ("2025-07-01", "2025-10-01"), ("2025-03-31", "2025-07-01")


def page(log: Log, *words: str) -> ReadPage:  # noqa: F811 - a fixture's value
    return ReadPage(log.run("export", "--format", "html", "--output", "-", *words))


def asked(period: tuple[str, str], what: str = "count(*)") -> str:
    return ASKED.format(what=what, since=f"{period[0]} 00:00:00.000000", until=f"{period[1]} 00:00:00.000000")


def requests_with(log: Log, condition: str, period: tuple[str, str]) -> int:  # noqa: F811 - a fixture's value
    ids = f"SELECT request_id FROM audit_entry WHERE {condition}"
    return int(log.one(f"{asked(period)} AND request_id IN ({ids})"))


FORCED = "forced AND event <> 'asked'"
OTHERWISE = (
    f"reason_code IN ('refused', 'denied', 'cancelled', 'expired', 'failed') AND event IN ('refused', 'denied', \
'cancelled', 'expired', 'failed') OR ({LAST} AND verdict NOT IN ('gone', 'disconnected', 'sent')) \
OR (event = 'stopped' AND seq IN (SELECT seq FROM audit_target WHERE role = 'not_begun'))"
)


def test_totals_of_a_period_and_of_the_one_before_are_those_of_plain_sql(log: Log) -> None:  # noqa: F811 - the fixture
    read = page(log, "--since", THIS[0], "--until", "2025-09-30")
    assert "The period before is 2025-03-31 00:00:00 up to 2025-07-01 00:00:00." in read.text()
    totals = read.columns("The period in numbers")
    for name, condition in (
        ("Requests", "event = 'asked'"),
        ("of these forced", FORCED),
        ("of these refused", REFUSED),
        ("of these ended otherwise than asked", OTHERWISE),
    ):
        counted = [requests_with(log, condition, period) for period in (THIS, BEFORE)]
        assert [int(totals[name][head]) for head in ("this period", "period before")] == counted, name
    assert int(totals["People who asked"]["this period"]) == log.one(asked(THIS, "count(DISTINCT requester)"))
    assert len(read.tables["Forced requests"]) - 1 == requests_with(log, FORCED, THIS)
    assert len(read.tables["Requests that ended otherwise than asked"]) - 1 == requests_with(log, OTHERWISE, THIS)


def test_groups_and_lists_of_the_whole_log_are_those_of_plain_sql(log: Log) -> None:  # noqa: F811 - the fixture
    read = page(log)
    totals = read.columns("The period in numbers")
    assert int(totals["Requests"]["this period"]) == REQUESTS
    entries = log.one(f"SELECT count(*) FROM audit_entry WHERE {REFUSED}")
    assert len(read.tables["Refused attempts"]) - 1 == entries
    verdicts = log.pairs(f"SELECT verdict, count(*) FROM audit_entry WHERE {LAST} GROUP BY verdict")
    shown = {name.replace(" ", "_"): int(row["sessions"])
             for name, row in read.columns("What came of the sessions").items()}  # fmt: skip
    assert {name: n for name, n in shown.items() if name not in ("not_begun", "taken_out")} == verdicts
    days = {row[0]: int(row[1]) for row in read.tables["Requests of each day"][1:]}
    assert (sum(days.values()), len(days)) == (REQUESTS, len(log.report("day")) - 1)
    decided = log.one("SELECT count(*) FROM audit_entry WHERE event IN ('approved', 'denied')")
    assert sum(int(row[1]) for row in read.tables["Requests by their time to decision"][1:]) == decided


NAMED = "FROM (SELECT host, request_id FROM audit_entry WHERE host <> '' UNION \
SELECT t.host, e.request_id FROM audit_target t JOIN audit_entry e ON e.seq = t.seq) AS named"
WHO = "'person ' || CAST(substr(requester, 4) AS integer) || ' (' || requester || ')'"
BEGUN = "FROM audit_entry WHERE event = 'asked'"
MOST = {
    "The computers with the most requests": f"SELECT host, count(DISTINCT request_id) {NAMED} GROUP BY 1",
    "The requesters with the most requests": f"SELECT {WHO}, count(*) {BEGUN} GROUP BY 1",
    "Approvers with the most requests": "SELECT actor_name || ' (' || actor || ')', count(DISTINCT request_id) "
    f"FROM audit_entry WHERE {LEAD} GROUP BY 1",
}
"""Caption of a table -> the number of requests of each of its groups."""


@pytest.mark.parametrize("caption", MOST)
def test_the_groups_with_the_most_requests_are_those_of_plain_sql(
    log: Log,  # noqa: F811 - the fixture
    caption: str,
) -> None:
    counted = log.pairs(MOST[caption])
    shown = {row[0]: int(row[1]) for row in page(log).tables[caption][1:]}
    assert [*shown.values()] == sorted(counted.values(), reverse=True)[:10]
    assert {name: counted[name] for name in shown} == shown


@pytest.mark.parametrize("words", [("--actor", "person 7"), ("--host", "rds-1*"), ("--verdict", "gone"), ("--forced",)])
def test_a_filter_selects_the_requests_of_the_other_commands(
    log: Log,  # noqa: F811 - the fixture
    words: tuple[str, ...],
) -> None:
    total: Any = log.report("forced", *words)[None]
    read = page(log, *words)
    totals = {name: row["this period"] for name, row in read.columns("The period in numbers").items()}
    assert total["requests"] > 0
    assert [int(totals[name]) for name in ("Requests", "of these forced", "of these refused", "of these done")] == [
        total[name] for name in ("requests", "forced", "refused", "done")
    ]
    assert " ".join(words) in read.text()


SIGNED = 25


@pytest.fixture
def signed(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/signed.db"
    Year(url).write(SIGNED)
    return url


def test_with_the_public_half_the_whole_log_is_verified_and_an_anchor_is_compared(signed: str, tmp_path: Path) -> None:
    with open_scan(signed) as scan:
        head = scan.head()
    half = ("--database", signed, "--key", KEYS.public.text)
    output = tmp_path / "report.html"
    done = invoke(["audit", "export", "--format", "html", "--output", str(output), *half])
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    read = ReadPage(output.read_text(encoding="utf-8"))
    assert f"{head.seq} entries, and the log holds" in read.text()
    assert "That its end was not cut off, only an anchor could prove." in read.text()
    anchored = ("--anchor", f"{head.seq}:{head.hash}")
    done = invoke(["audit", "export", "--format", "html", "--output", "-", *half, *anchored])
    assert "and has the anchor that was given" in ReadPage(done.stdout).text()
    cut = ("--anchor", f"{head.seq + 3}:{head.hash}")
    done = invoke(["audit", "export", "--format", "html", "--output", "-", *half, *cut])
    assert done.exit_code == 1
    assert "Something does NOT verify" in ReadPage(done.stdout).text()


def test_a_changed_entry_is_marked_counted_and_makes_the_exit_code_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/changed.db"
    Year(url, signed=False).write(60)
    engine = open_database(url)
    with engine.begin() as connection:
        unguarded(connection)
        seq, request_id = connection.execute(
            text(f"SELECT seq, request_id FROM audit_entry WHERE event = 'surveyed' AND {FORCED} ORDER BY seq DESC")
        ).first() or (0, "")
        connection.execute(update(audit_entry).where(audit_entry.c.seq == seq).values(note="<b>nobody</b>"))
        later = connection.execute(
            text("SELECT min(at) FROM audit_entry WHERE event = 'asked' AND seq > :seq"), {"seq": seq}
        ).scalar_one()
    engine.dispose()
    done = invoke(["audit", "export", "--format", "html", "--output", "-", "--database", url])
    read = ReadPage(done.stdout)
    assert done.exit_code == 1
    assert f"This does not verify: {request_id}." in " ".join(done.stderr.split())
    assert read.columns("The period in numbers")["of these do not verify"]["this period"] == "1"
    marked = [each[0] for each in read.tables["Forced requests"] if "does not verify" in each[0]]
    assert [each.split("\n")[0] for each in marked] == [request_id]
    assert f"entry {seq}" in marked[0]
    of_the_time_after = ("--since", later.replace(" ", "T") + "Z", "--until", "2026-06-01")
    done = invoke(["audit", "export", "--format", "html", "--output", "-", "--database", url, *of_the_time_after])
    number = ReadPage(done.stdout).columns("The period in numbers")["of these do not verify"]
    assert (done.exit_code, number["this period"], number["period before"]) == (1, "0", "1")
    assert "Something does NOT verify" in ReadPage(done.stdout).text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--requests",), "leave --requests out"),
        (("--before", "2026-01-01"), "write --format json"),
        (("--anchor", "1:" + "ab" * 32), "--key PUBLIC, too"),
        (("--key", "ab" * 32, "--anchor", "one"), "128:5e3f"),
    ],
)
def test_options_that_a_page_cannot_have_are_refused_and_no_file_is_made(
    signed: str, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    output = tmp_path / "report.html"
    before = sorted(tmp_path.iterdir())
    done = invoke(["audit", "export", "--format", "html", "--output", str(output), "--database", signed, *words])
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())
    assert sorted(tmp_path.iterdir()) == before


def test_an_anchor_belongs_to_no_other_format(signed: str) -> None:
    words = ("--key", PublicKey.read(KEYS.public.text).text, "--anchor", "1:" + "ab" * 32)
    done = invoke(["audit", "export", "--format", "csv", "--output", "-", "--database", signed, *words])
    assert done.exit_code == 2
