"""A row that cannot be read is the fault of its request alone: it is ended and told once, and stops no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.sql.database import open_database
from bot.domain import events as e
from bot.domain.posting import MessageRef, Posting
from bot.domain.request import State, WorkItem
from bot.errors import PlaceRefused, UnreadableRequest
from bot.ports.lease import CURRENT, LEFT_ALONE, Lease, LeftToOthers
from bot.workflow.unreadable import Unreadable
from tests.contract.conftest import KEY
from tests.fakes.chat import FakeChat
from tests.support import builders as b
from tests.support.chains import first_fault
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from adapters.sql.ledger import SqlLedger

CARD = MessageRef(channel_id="C0OPS", ts="1.1")
BAD, GOOD = "TS-AAAAAA", "TS-BBBBBB"
DAMAGES = {
    "an unknown state": "UPDATE request SET state = 'dreaming' WHERE id = :id",
    "an unknown action": "UPDATE request SET action = 'reboot' WHERE id = :id",
    "an unknown command": "UPDATE request SET command = 'reboot' WHERE id = :id",
    "no JSON": "UPDATE request SET ask = '{' WHERE id = :id",
    "another JSON": "UPDATE request SET ask = '[1]' WHERE id = :id",
    "deep JSON": "UPDATE request SET ask = :deep WHERE id = :id",
    "an actor that is none": "UPDATE request SET actor = 'x' WHERE id = :id",
    "a place that is none": "UPDATE request SET place = '{}' WHERE id = :id",
    "a card that is none": "UPDATE request SET message_ref = '7' WHERE id = :id",
    "messages that are none": "UPDATE request SET postings = '{' WHERE id = :id",
    "a message that is none": "UPDATE request SET postings = '[7]' WHERE id = :id",
    "an unknown verdict": "UPDATE target SET verdict = 'lost' WHERE request_id = :id",
    "a session that is none": "UPDATE target SET session = '' WHERE request_id = :id",
    "another session": "UPDATE target SET session_id = session_id + 1 WHERE request_id = :id",
}
ON_SQLITE = {
    "a date that is none": "UPDATE request SET asked_at = 'yesterday' WHERE id = :id",
    "a date that is a number": "UPDATE request SET expires_at = 7 WHERE id = :id",
    "a date of messages that is none": "UPDATE request SET postings_due_at = 'soon' WHERE id = :id",
    "a date of a drawing that is none": "UPDATE request SET publish_after = 'soon' WHERE id = :id",
    "a date of a host that is none": "UPDATE host_survey SET looked_at = '' WHERE request_id = :id",
    "bytes for text": "UPDATE request SET text = x'00ff' WHERE id = :id",
    "no UTF-8": "UPDATE request SET message = CAST(x'ff' AS TEXT) WHERE id = :id",
    "no UTF-8 in a target": "UPDATE target SET note = CAST(x'ff' AS TEXT) WHERE request_id = :id",
    "a version that is none": "UPDATE request SET version = 'three' WHERE id = :id",
    "attempts that are none": "UPDATE request SET attempts = 'x' WHERE id = :id",
    "a count that is none": "UPDATE request SET open_targets = 1.5 WHERE id = :id",
    "a code that is none": "UPDATE target SET code = 'x' WHERE request_id = :id",
}
ON_POSTGRESQL = {"a date for ever": "UPDATE request SET asked_at = 'infinity' WHERE id = :id"}


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(sql_ledger: SqlLedger) -> SqlLedger:
    """Two requests that act."""
    for request_id in (BAD, GOOD):
        sql_ledger.open(b.request(request_id))
        for step in (b.surveyed(), b.approved(), b.started()):
            sql_ledger.record(request_id, step)
        sql_ledger.mark_published(request_id, version=1, message_ref=CARD, publish_after=None)
        sql_ledger.mark_posting(request_id, Posting(key="left 1.0"), Posting(key="left 1.0", message_ref=CARD))
        sql_ledger.postings_due(request_id, b.NOW)
    return sql_ledger


def damages() -> list[Any]:
    """Each database with the damages that its columns take; `url` knows it by its name."""
    only = {"sqlite": ON_SQLITE, "postgresql": ON_POSTGRESQL}
    return [
        pytest.param(database, statement, id=f"{database} {name}")
        for database in only
        for name, statement in (DAMAGES | only[database]).items()
    ]


def damage(database: Engine, statement: str) -> None:
    with database.begin() as connection:
        values = {"id": BAD} | ({"deep": "[" * 100_000} if ":deep" in statement else {})
        assert connection.execute(text(statement), values).rowcount


@pytest.mark.parametrize(("url", "statement"), damages(), indirect=["url"])
def test_a_damaged_request_is_ended_once_and_is_due_no_more(
    ledger: SqlLedger, database: Engine, statement: str
) -> None:
    chat = FakeChat()
    chat.cards[CARD] = []
    damage(database, statement)
    with pytest.raises(UnreadableRequest, match=f"cannot read {BAD}: another release") as caught:
        ledger.find(BAD)
    with pytest.raises(UnreadableRequest):
        ledger.record(BAD, e.Stopped(by=b.ASKER))
    with capture_logs() as said:
        for _ in range(2):
            Unreadable(ledger=ledger, chat=chat).end(caught.value)
    assert [line["event"] for line in said if line["event"] == "request.unreadable"] == ["request.unreadable"]
    assert len(chat.told) <= 1
    assert len(chat.cards[CARD]) <= 1
    assert len(chat.told) + len(chat.cards[CARD])
    entries = ledger.entries(request_id=BAD)
    assert [entry.event for entry in entries][-2:] == ["started", "failed"]
    assert entries[-1].note == "unreadable"
    assert first_fault(ledger.entries(), KEY.public) is None
    due = ledger.due(b.NOW.replace(year=2999))
    assert {item.request_id for item in due} == {GOOD}
    assert [request.id for request in ledger.newest(9) if request.state is not State.ENDED] == [GOOD]
    assert [request.id for request in ledger.unended()] == [GOOD]
    assert ledger.record(GOOD, e.Stopped(by=b.ASKER)).version == 5


def test_a_request_that_can_be_read_is_not_ended(ledger: SqlLedger) -> None:
    before = ledger.find(GOOD), ledger.entries()
    assert ledger.end_unreadable(GOOD) is None
    assert ledger.end_unreadable("TS-ZZZZZZ") is None
    assert (ledger.find(GOOD), ledger.entries()) == before


def test_what_can_still_be_read_says_whom_to_tell(ledger: SqlLedger, database: Engine) -> None:
    damage(database, DAMAGES["no JSON"])
    remains = ledger.end_unreadable(BAD)
    assert remains
    assert (remains.actor, remains.place, remains.version) == (b.ASKER, b.PLACE, 4)
    assert remains.message_ref == CARD
    assert ledger.end_unreadable(BAD) is None


def test_the_key_can_be_changed_when_only_unreadable_requests_were_left(ledger: SqlLedger, database: Engine) -> None:
    damage(database, DAMAGES["an unknown state"])
    ledger.end_unreadable(BAD)
    assert [request.id for request in ledger.unended()] == [GOOD]


def test_the_bot_ends_it_tells_the_requester_and_goes_on_with_the_others() -> None:
    bot = BotHarness(records_failures=True)
    bad, good = bot.ask_and_run("comp1 id=3 --sync"), bot.ask_and_run("comp2 id=3 --sync")
    bot.ledger.unreadable.add(bad.id)
    answer = bot.press("approve", on=good)
    assert answer.text == ""
    bot.scheduler.wake(WorkItem(request_id=bad.id))
    bot.run()
    assert bad.message_ref
    assert f"{bad.id} has failed" in text_of(bot.chat.cards[bad.message_ref][-1])
    assert sum(f"{bad.id} has failed" in told for told in bot.told(b.ASKER)) == 1
    assert bot.events_of(bad)[-1] == "failed"
    bot.run()
    assert bot.events_of(bad).count("failed") == 1
    assert bot.find(good.id).ending is not None


@pytest.mark.parametrize("refused", [("tell",), ("tell", "post_directly")])
def test_who_cannot_be_told_in_the_channel_is_told_another_way(
    ledger: SqlLedger, database: Engine, refused: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = FakeChat()

    def refuse(*_: object) -> None:
        raise PlaceRefused("Slack does not let me post there (not_in_channel).")

    for name in refused:
        monkeypatch.setattr(chat, name, refuse)
    damage(database, DAMAGES["no JSON"])
    with pytest.raises(UnreadableRequest) as caught:
        ledger.find(BAD)
    Unreadable(ledger=ledger, chat=chat).end(caught.value)
    assert (len(chat.cards), len(chat.answers)) == ((0, 1) if "post_directly" in refused else (1, 0))


def test_what_a_replica_cannot_read_is_left_to_the_others_for_a_while(ledger: SqlLedger, database: Engine) -> None:
    """In a rolling upgrade a newer one may have written it."""
    damage(database, DAMAGES["an unknown state"])
    with pytest.raises(UnreadableRequest) as caught:
        ledger.find(BAD)
    chat, before = FakeChat(), ledger.head()
    with capture_logs() as said:
        for attempt in (0, 1, LEFT_ALONE - 1):
            token = CURRENT.set(Lease(job=1, attempt=attempt))
            with pytest.raises(LeftToOthers):
                Unreadable(ledger=ledger, chat=chat).end(caught.value)
            CURRENT.reset(token)
    assert [(line["event"], line["request_id"]) for line in said] == [("request.left_to_others", BAD)]
    assert (chat.told, ledger.head()) == ([], before)
