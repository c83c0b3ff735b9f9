"""The wrapped ports do what they did, and count it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.health.metrics import Metrics
from app.health.ports import UNFORESEEN, CountedKeeper, counted_chat, counted_ledger, counted_logons
from app.health.signs import WriteNews
from app.health.terminal import CountedTerminal
from bot.audit.entry import Origin
from bot.cards.model import Card
from bot.domain import events as e
from bot.domain.note_kind import NoteKind
from bot.domain.posting import Posting
from bot.domain.session import Account, SessionState
from bot.domain.verdicts import Verdict
from bot.errors import Conflict, Duplicate, LedgerError, PlaceRefused, RecordChanged, Unreachable, UnreadableRequest
from bot.ports.terminal import Answer, Order
from tests.fakes.chat import FakeChat
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.logons import FakeLogons
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.request import Request

SHORT = timedelta(seconds=5)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(b.NOW)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Origin(bot_version="1", agent_version="2"))


@pytest.fixture
def news() -> WriteNews:
    return WriteNews(lambda: 0.0)


@pytest.fixture
def ledger(clock: SettableClock) -> FakeLedger:
    return FakeLedger(clock)


@pytest.fixture
def counted(ledger: FakeLedger, metrics: Metrics, news: WriteNews) -> FakeLedger:
    return counted_ledger(ledger, metrics, news)


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"logoffbot_{name}", labels) or 0.0


def test_what_becomes_of_a_command_is_counted(counted: FakeLedger, ledger: FakeLedger, metrics: Metrics) -> None:
    opened = counted.open(b.request())
    assert ledger.find(opened.id) == opened
    with pytest.raises(Duplicate):
        counted.open(b.request())
    ledger.fail_next()
    with pytest.raises(LedgerError):
        counted.open(b.request("TS-BBBBBB"))
    for outcome in ("recorded", "repeated", "not_recorded"):
        assert value(metrics, "commands_total", command="logoff", outcome=outcome) == 1


def test_events_verdicts_and_endings_are_counted(counted: FakeLedger, metrics: Metrics) -> None:
    counted.open(b.request())
    for event in (b.surveyed(), b.approved(), b.started()):
        counted.record("TS-AAAAAA", event)
    counted.record(request_id="TS-AAAAAA", event=e.HostStarted(host="comp1"))
    counted.record("TS-AAAAAA", e.TargetEnded(key=("comp1", 3), verdict=Verdict.STILL_CLOSING))
    assert value(metrics, "requests_ended_total", command="logoff", ending="done") == 0
    counted.record("TS-AAAAAA", e.Ended())
    counted.record("TS-AAAAAA", e.Settled(key=("comp1", 3), verdict=Verdict.GONE))
    with pytest.raises(Conflict):
        counted.record("TS-AAAAAA", e.Ended())
    assert value(metrics, "requests_ended_total", command="logoff", ending="done") == 1
    assert value(metrics, "verdicts_total", action="log_off", verdict="still_closing") == 1
    for name in ("surveyed", "approved", "started", "host_started", "target_ended", "ended", "settled"):
        assert value(metrics, "events_total", event=name) == 1
    assert value(metrics, "ledger_seconds_count", call="record") == 8  # the conflict among them


def test_a_request_of_a_command_that_is_no_more_makes_no_label(counted: FakeLedger, metrics: Metrics) -> None:
    counted.open(b.request(command="reboot'\n\"}"))
    assert value(metrics, "commands_total", command="other", outcome="recorded") == 1
    assert "reboot" not in metrics.text().decode()


def test_notes_and_messages_that_are_given_up_are_counted(counted: FakeLedger, metrics: Metrics) -> None:
    counted.open(b.request())
    counted.note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER), b.PLACE)
    before, sent = Posting(key="card"), Posting(key="card", claimed=True)
    assert counted.mark_posting("TS-AAAAAA", before, sent)
    lost = Posting(key="card", is_over=True, fault="The channel is archived.")
    assert counted.mark_posting("TS-AAAAAA", sent, lost)
    assert not counted.mark_posting("TS-AAAAAA", sent, lost)
    assert value(metrics, "notes_total", kind="usage_error") == 1
    assert value(metrics, "messages_given_up_total") == 1


class FailingLedger(FakeLedger):
    """Every record raises what the test says."""

    error: LedgerError

    def record(self, *_: object, **__: object) -> Request:
        raise self.error


@pytest.mark.parametrize(
    ("error", "is_bad", "broken"),
    [
        (LedgerError("gone"), True, ""),
        (RecordChanged("changed"), True, "record_changed"),
        (UnreadableRequest("damaged", request_id="TS-AAAAAA"), False, ""),
    ],
)
def test_a_write_that_fails_is_news_unless_it_is_a_matter_of_one_request(  # noqa: PLR0917 - fixtures
    clock: SettableClock,
    metrics: Metrics,
    news: WriteNews,
    error: LedgerError,
    is_bad: bool,  # noqa: FBT001 - a case
    broken: str,
) -> None:
    failing = FailingLedger(clock)
    failing.error = error
    counted = counted_ledger(failing, metrics, news)
    for _ in range(2):
        with pytest.raises(type(error)):
            counted.record("TS-AAAAAA", e.Ended())
    assert (news.is_bad, news.broken) == (is_bad, broken)
    assert value(metrics, "ledger_errors_total", call="record", code=error.code) == 2


def test_a_write_that_went_well_is_news_and_a_read_is_none(counted: FakeLedger, news: WriteNews) -> None:
    counted.find("TS-AAAAAA")
    counted.due(b.NOW)
    assert not news.is_fresh
    counted.open(b.request())
    assert news.is_fresh


# Hosts


ORDERS = [
    Order(
        session_id=number,
        account=Account(domain="CORP", user="alice"),
        logon=1,
        said_state=SessionState.ACTIVE,
        even_if_active=True,
        conditions=(),
    )
    for number in (3, 4, 5)
]


class Scripted(FakeTerminal):
    """Answers the first order, requests the second, and then fails or ends."""

    error: Exception | None = None

    def log_off(self, *_: object, **__: object) -> Iterator[Answer]:
        yield Answer(session_id=3, verdict=Verdict.GONE)
        yield Answer(session_id=4, verdict=None)
        if self.error:
            raise self.error
        yield Answer(session_id=5, verdict=Verdict.CHANGED)


def terminal_over(inner: FakeTerminal, metrics: Metrics) -> CountedTerminal:
    return CountedTerminal(terminal=inner, metrics=metrics)


def test_looks_are_counted_by_outcome_and_name_no_computer(metrics: Metrics) -> None:
    inner = FakeTerminal({"comp1": [b.session()]})
    terminal = terminal_over(inner, metrics)
    assert terminal.sessions("comp1", within=SHORT) == inner.sessions("comp1", within=SHORT)
    with pytest.raises(Unreachable):
        terminal.sessions("no-such-computer", within=SHORT)
    assert value(metrics, "looks_total", outcome="ok") == 1
    assert value(metrics, "looks_total", outcome="unreachable") == 1
    assert value(metrics, "host_call_seconds_count", call="look") == 2
    text = metrics.text().decode()
    assert [name for name in ("comp1", "no-such-computer", "alice") if name in text] == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, "changed"), (Unreachable("gone", host="comp1"), "unreachable"), (ValueError("a bug"), UNFORESEEN)],
)
def test_each_order_of_an_act_is_counted_once(metrics: Metrics, error: Exception | None, outcome: str) -> None:
    inner = Scripted({})
    inner.error = error
    answers = terminal_over(inner, metrics).log_off("comp1", ORDERS, wait=None, within=SHORT)
    if error:
        with pytest.raises(type(error)):
            list(answers)
    else:
        assert [answer.session_id for answer in answers] == [3, 4, 5]
    for each in ("gone", "requested", outcome):
        assert value(metrics, "acts_total", action="log_off", outcome=each) == 1
    assert value(metrics, "host_call_seconds_count", call="log_off") == 1


def test_a_caller_that_takes_no_more_answers_is_no_fault_of_the_host(metrics: Metrics) -> None:
    answers = terminal_over(Scripted({}), metrics).log_off("comp1", ORDERS, wait=None, within=SHORT)
    next(iter(answers))
    answers.close()  # type: ignore[attr-defined] # an iterator of a generator
    assert value(metrics, "acts_total", action="log_off", outcome="gone") == 1
    assert value(metrics, "acts_total", action="log_off", outcome=UNFORESEEN) == 0


# Slack and the account


def test_calls_of_slack_are_counted_by_outcome(metrics: Metrics) -> None:
    inner = FakeChat()
    chat = counted_chat(inner, metrics)
    card = Card(headline="words", summary="words")
    chat.post(b.PLACE, card)
    assert len(inner.cards) == 1
    inner.closed.add(b.PLACE.channel_id)
    with pytest.raises(PlaceRefused):
        chat.post(b.PLACE, card)
    assert value(metrics, "chat_calls_total", call="post", outcome="ok") == 1
    assert value(metrics, "chat_calls_total", call="post", outcome="place") == 1
    assert value(metrics, "chat_call_seconds_count", call="post") == 2


def test_refusals_of_the_account_are_counted_and_its_rest_once(clock: SettableClock, metrics: Metrics) -> None:
    logons = counted_logons(FakeLogons(clock), metrics)
    for host in ("comp1", "comp2", "comp3"):
        logons.refuse("digest", host, "token")
    logons.standing("digest")
    assert value(metrics, "logons_refused_total") == 3
    assert value(metrics, "accounts_suspended_total") == 1
    assert "digest" not in metrics.text().decode().replace("digest of the agent", "")


def test_acks_are_counted_once_whoever_sends_them(metrics: Metrics) -> None:
    keeper = CountedKeeper(metrics)
    with keeper.watching(lambda: None) as watched:
        assert not watched.ends_late()
    with keeper.watching(lambda: None) as watched:
        assert watched.say_late()
        assert watched.ends_late()
    with pytest.raises(ZeroDivisionError), keeper.watching(lambda: None):
        raise ZeroDivisionError
    assert value(metrics, "ack_seconds_count") == 3
    assert value(metrics, "acks_late_total") == 1


def test_a_part_of_the_ledger_that_is_no_method_of_its_port_is_handed_on(metrics: Metrics, news: WriteNews) -> None:
    class Inner:
        turns = ("a", "lock")

        def in_front(self, engine: str) -> Inner:
            assert engine == "people"
            return self

        def paused(self) -> str:
            return "yes"

        def find(self, request_id: str) -> str:
            return request_id

    counted = counted_ledger(Inner(), metrics, news)
    assert (counted.turns, counted.paused()) == (("a", "lock"), "yes")
    assert counted.in_front("people").find("TS-AAAAAA") == "TS-AAAAAA"
    assert value(metrics, "ledger_seconds_count", call="find") == 1
