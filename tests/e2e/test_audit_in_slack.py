"""`/logoff-audit` through the rehearsal: who may read, what arrives where, and that its numbers are those of SQL."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from adapters.clock import SystemClock
from adapters.sql.database import open_database
from app.config.settings import load
from app.rehearse.environment import open_stage
from bot.workflow.digest import Digest, DigestPlan
from rehearsal.slack.plain_text import read_blocks
from tests.contract.conftest import new_postgresql  # noqa: F401 - the fixture
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.rehearse.environment import Rehearsal
    from rehearsal.slack import SeenMessage

ASKED = "SELECT count(*) FROM audit_entry WHERE event = 'asked'"
REQUEST = re.compile(r"TS-[A-Z0-9]{6}")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rehearsal, str]]:
    """A stage on which dana logged alice off and oli tried to, and the URL of its database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('audit')}/bot.db"
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("new_postgresql")
        url = make()
    with open_stage(load(ROOT / "app.yaml"), engine="double", database=url) as stage:
        stage.visitor("dana").command('/logoff comp1 id=3 --sync --reason "=frozen"')
        stage.wait_until_still()
        stage.visitor("dana").press("Log off 1")
        stage.visitor("oli").command("/logoff comp3 id=3")
        stage.wait_until_still()
        yield stage, url


def asked(stage: Rehearsal, person: str, words: str) -> tuple[str, list[SeenMessage]]:
    """What the person reads then, and the messages with files that came to their direct messages."""
    visitor = stage.visitor(person)
    before = {message.ts for message in visitor.messages()}
    assert visitor.command(f"/logoff-audit {words}").ok
    stage.wait_until_still()
    new = [message for message in visitor.messages() if message.ts not in before]
    assert all(message.channel_name == "@logoffbot" if message.files else message.ephemeral for message in new)
    texts = [read_blocks(message.blocks, {}) or message.text for message in new if not message.files]
    (answer,) = [shown for shown in texts if not shown.endswith("reading the audit log")]
    return answer, [message for message in new if message.files]


def rows(stage: Rehearsal, person: str, message: SeenMessage) -> list[list[str]]:
    (file,) = message.files
    assert file.name.endswith(".csv")
    return list(csv.reader(io.StringIO(stage.visitor(person).download(file).decode())))[1:]


def counted(url: str, query: str) -> int:
    engine = open_database(url)
    with engine.connect() as connection:
        number = int(connection.execute(text(query)).scalar_one())
    engine.dispose()
    return number


def newest(stage: Rehearsal) -> tuple[str, str, str, str]:
    entry = stage.bot.ledger.entries()[-1]
    return entry.event, entry.reason_code, entry.rule, entry.note


def test_a_lead_reads_all_of_it_and_the_rows_arrive_in_direct_messages(log: tuple[Rehearsal, str]) -> None:
    stage, url = log
    there = counted(url, ASKED)
    shown, files = asked(stage, "bo", "last 7d by user")
    assert shown.startswith(f"{there} requests, ")
    assert "CORP\\alice  1 request, 1 session: 1 done" in shown
    (sheet,) = [message for message in files if message.files[0].name.endswith(".csv")]
    found = rows(stage, "bo", sheet)
    assert len(found) == there
    assert "'=frozen" in {cell for row in found for cell in row}
    event, reason, _, note = newest(stage)
    assert (event, reason) == ("surveyed", "answered")
    assert note.startswith(f"{there} requests, ")
    assert "--since" in note


def test_a_time_before_the_log_began_is_said(log: tuple[Rehearsal, str]) -> None:
    stage, _ = log
    answer, files = asked(stage, "bo", "until=1999-12-31")
    assert "Asked before 2000-01-01 00:00 UTC. The log began later, at 20" in answer
    assert "Asked since the log began" not in answer
    assert not files


def test_one_request_is_read_with_its_entries(log: tuple[Rehearsal, str]) -> None:
    stage, url = log
    request_id = next(entry.request_id for entry in stage.bot.ledger.entries() if entry.user == "CORP\\alice")
    shown, files = asked(stage, "bo", request_id)
    assert "dana: /logoff comp1 id=3 --sync" in shown
    assert "whom: CORP\\alice" in shown
    assert "done: 1 gone" in shown
    entries = counted(url, f"SELECT count(*) FROM audit_entry WHERE request_id = '{request_id}'")  # noqa: S608 - an id of the bot
    assert [len(rows(stage, "bo", message)) for message in files] == [entries]


def test_who_may_not_read_the_log_reads_about_their_own_requests(log: tuple[Rehearsal, str]) -> None:
    stage, url = log
    there = counted(url, f"{ASKED} AND actor = 'U0OLI00001'")
    shown, files = asked(stage, "oli", "last 7d")
    assert shown.startswith(f"{there} request")
    assert "These are your own requests alone" in shown
    assert "dana" not in shown
    found = [row for message in files for row in rows(stage, "oli", message)]
    assert {row[2] for row in found} == {"U0OLI00001"}
    assert "own requests only" in newest(stage)[3]


def test_what_others_asked_is_refused_and_the_refusal_is_an_entry(log: tuple[Rehearsal, str]) -> None:
    stage, _ = log
    request_id = next(entry.request_id for entry in stage.bot.ledger.entries() if entry.user == "CORP\\alice")
    for words, rule in (("actor=dana", "own requests"), (request_id, "unknown request")):
        shown, files = asked(stage, "oli", words)
        assert shown.startswith("⛔ Not allowed. Nothing was read")
        assert files == []
        assert newest(stage)[:3] == ("refused", "refused", rule)


def test_a_guest_reads_nothing(log: tuple[Rehearsal, str]) -> None:
    stage, _ = log
    shown, files = asked(stage, "gus", "last 7d by user")
    assert shown.startswith("⛔ Not allowed. Nothing was read")
    assert files == []
    assert newest(stage)[:3] == ("refused", "refused", "no rule")


def test_a_slip_is_answered_with_a_button_that_asks_what_was_meant(log: tuple[Rehearsal, str]) -> None:
    stage, _ = log
    shown, files = asked(stage, "bo", "forced 30d")
    assert shown.startswith("30d is a time. Say from when.")
    assert files == []
    stage.visitor("bo").press("/logoff-audit forced last 30d")
    stage.wait_until_still()
    last = [message for message in stage.visitor("bo").messages() if message.ephemeral][-1]
    assert last.text.startswith("Nothing was found")


def test_the_digest_of_the_week_stands_in_its_channel_once(log: tuple[Rehearsal, str]) -> None:
    stage, url = log
    bot, now = stage.bot, SystemClock().now().astimezone(ZoneInfo("Asia/Tokyo"))
    plan = DigestPlan(channel="C0APPROVE1", weekday=now.weekday(), hour=now.hour, zone=ZoneInfo("Asia/Tokyo"))
    digest = Digest(ledger=bot.ledger, clock=SystemClock(), scheduler=bot.scheduler, plan=plan)
    head = bot.ledger.head()
    for _ in range(3):
        digest.look()
        stage.wait_until_still()
    (shown,) = [
        message for message in stage.visitor("chen").messages() if message.text.startswith("The week of the bot")
    ]
    due = f"{plan.last_due(now).astimezone(UTC):%Y-%m-%d %H:%M:%S}.000000"
    asked = counted(url, f"{ASKED} AND at < '{due}'")
    assert (shown.channel_name, shown.ephemeral, shown.files) == ("#ts-approvals", False, ())
    assert shown.text.startswith(
        f"The week of the bot: {asked} " if asked else "The week of the bot: Nothing was found"
    )
    number, digits = re.findall(r"Newest entry: (\d+):([0-9a-f]{64})", read_blocks(shown.blocks, {}))[0]
    entry = next(entry for entry in bot.ledger.entries() if entry.seq == int(number))
    assert (entry.hash, entry.event, entry.seq) == (digits, "asked", head.seq + 1)
    assert newest(stage)[:2] == ("surveyed", "answered")
