"""Forged times at the ends of the calendar: every command shows the log, and marks the rows, in every zone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from adapters.sql.migrate import upgrade
from tests.contract import logs
from tests.support.command_line import invoke

if TYPE_CHECKING:
    from pathlib import Path

ZONES = ("UTC", "America/New_York", "Asia/Tokyo")
TIMES = ("0001-01-01 00:00:00.000000", "0999-06-01 12:00:00.000000", "1969-12-31 23:00:00.000000",
         "2100-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999")  # fmt: skip
READERS = (
    "list", "list --json", "requests", "requests --json", "report --by day", "report --by day --json",
    "export --output -", "export --output - --requests", "export --output - --format json",
    "export --output - --format html", "export --output - --format html --since 0001-01-01",
    "export --output - --format html --since 9999-12-31",
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def forged(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A log in which five requests were asked at odd times, and the URL of its database."""
    url = f"sqlite:///{tmp_path}/log.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgresql")()
    upgrade(url)
    log = logs.written(url, 80)
    asked = [entry.seq for entry in log.entries if entry.event == "asked"]
    with log.engine.begin() as connection:
        logs.unguarded(connection)
        for seq, at in zip(asked, TIMES, strict=False):
            moment = f"'{at}'" if url.startswith("sqlite") else f"'{at}+00'"
            connection.execute(text(f"UPDATE audit_entry SET at = {moment} WHERE seq = {seq}"))  # noqa: S608 - our own words
    log.engine.dispose()
    return url


def test_every_command_reads_such_a_log_in_every_zone(forged: str, subtests: pytest.Subtests) -> None:
    for zone in ZONES if forged.startswith("sqlite") else ZONES[1:2]:
        for words in READERS:
            with subtests.test(words, zone=zone):
                done = invoke(["audit", *words.split(), "--zone", zone, "--database", forged])
                assert not isinstance(done.exception, Exception), done.output
                nothing = "--since 9999" in words and zone != "UTC"
                assert nothing or (done.exit_code, "verify" in done.stderr) == (1, True), done.stderr


def test_days_of_forged_rows_stand_in_the_table_and_in_no_chart(forged: str) -> None:
    pytest.importorskip("matplotlib", reason="the extra reports draws charts")
    told = invoke(["audit", "export", "--output", "-", "--format", "html", "--database", forged]).stdout
    chart, _, below = told.partition('id="days"')[2].partition("</svg>")
    assert "9999" not in chart
    assert "are in the table alone" in below
    assert all(f"{at[:10]}" in below.partition("</section>")[0] for at in TIMES)


WHOLE_CALENDAR = (
    ("--since", "0001-01-01"),
    ("--until", "9999-12-31"),
    ("--since", "0001-01-01T00:00", "--until", "9999-12-31T23:59"),
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("options", WHOLE_CALENDAR)
def test_the_ends_of_the_calendar_are_no_bound(tmp_path: Path, options: tuple[str, ...], zone: str) -> None:
    upgrade(f"sqlite:///{tmp_path}/log.db")
    logs.written(f"sqlite:///{tmp_path}/log.db", 24).engine.dispose()
    done = invoke(["audit", "list", "--json", *options, "--zone", zone, "--database", f"sqlite:///{tmp_path}/log.db"])
    assert done.exit_code == 0, done.output
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 24
