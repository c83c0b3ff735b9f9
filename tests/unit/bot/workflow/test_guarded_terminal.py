"""Whatever one host's call raises or answers is that host's outcome; the other hosts get theirs."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.domain.request import Target
from bot.domain.session import Session
from bot.domain.verdicts import Reason, Verdict
from bot.errors import LedgerError, NoRight, PlaceRefused, Unforeseen
from bot.ports.terminal import Answer
from bot.workflow.guarded_terminal import ANSWER_KINDS, SESSION_KINDS, GuardedTerminal, Misanswered
from bot.workflow.orders import order_for
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.harness import HOSTS, BotHarness, sessions, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.ports.terminal import Order, Terminal

SECOND = timedelta(seconds=1)
BAD = "comp2"


ALICE = replace(sessions()[1], host=BAD)


class Novel(Exception):
    """An exception of a library that nobody has seen yet."""


SURPRISES = [
    KeyError("CORP"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    MemoryError(),
    RecursionError("maximum recursion depth exceeded"),
    ET.ParseError("mismatched tag"),
    OSError(5, "Input/output error"),
    TypeError("unsupported operand"),
    StopIteration("early"),
    AttributeError("'NoneType' object has no attribute 'text'"),
    LedgerError("The database cannot be read."),
    PlaceRefused("Not there."),
    Novel("unheard of"),
    ExceptionGroup("several", [ValueError("one"), OSError("two")]),
]


SOME = [SURPRISES[0], LedgerError("The database cannot be read.")]


def name_of(value: object) -> str:
    return type(value).__name__


class SurprisingTerminal(FakeTerminal):
    """At `comp2` one method raises what it is told to: at its call, before its first answer, or once all is done."""

    def __init__(self, error: BaseException, method: str, *, when: str = "first", looks: int = 0) -> None:
        super().__init__({host: sessions() for host in HOSTS})
        self.error, self.method, self.when, self.looks = error, method, when, looks
        self.calls: list[tuple[str, str]] = []

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        if host == BAD and self.method == "sessions":
            self.looks -= 1
            if self.looks < 0:
                raise self.error
        return super().sessions(host, within=within)

    def _at(self, method: str, host: str, answers: Callable[[], Iterator[Answer]]) -> Iterator[Answer]:
        self.calls.append((method, host))
        if host != BAD or self.method != method:
            return answers()
        if self.when == "call":
            raise self.error
        return self._broken(answers)

    def _broken(self, answers: Callable[[], Iterator[Answer]]) -> Iterator[Answer]:
        return self._after_all(answers) if self.when == "after" else _Raising(self.error)

    def _after_all(self, answers: Callable[[], Iterator[Answer]]) -> Iterator[Answer]:
        list(answers())
        return _Raising(self.error)

    def log_off(self, host: str, orders: Sequence[Order], **how: Any) -> Iterator[Answer]:
        act = super().log_off
        return self._at("log_off", host, lambda: act(host, orders, **how))

    def disconnect(self, host: str, orders: Sequence[Order], **how: Any) -> Iterator[Answer]:
        act = super().disconnect
        return self._at("disconnect", host, lambda: act(host, orders, **how))

    def message(self, host: str, orders: Sequence[Order], **how: Any) -> Iterator[Answer]:
        act = super().message
        return self._at("message", host, lambda: act(host, orders, **how))


class _Raising:
    """An iterator that is no generator: an exception of its own leaves it as it is, a `StopIteration` too."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __iter__(self) -> _Raising:
        return self

    def __next__(self) -> Answer:
        raise self._error


def told(harness: BotHarness) -> str:
    """The reference that the request's card shows."""
    [reference] = set(re.findall(r"reference ([0-9a-f]{8})", text_of(harness.card)))
    return str(reference)


def logged(logs: list[Any]) -> list[Any]:
    return [each for each in logs if each["event"] == "terminal.surprise"]


def calls_of(terminal: Terminal, orders: list[Order]) -> dict[str, Callable[[], object]]:
    return {
        "sessions": lambda: terminal.sessions(BAD, within=SECOND),
        "log_off": lambda: list(terminal.log_off(BAD, orders, wait=None, within=SECOND)),
        "disconnect": lambda: list(terminal.disconnect(BAD, orders, wait=None, within=SECOND)),
        "message": lambda: list(terminal.message(BAD, orders, title="t", text="x", within=SECOND)),
    }


@for_each("when", ["call", "first", "after"])
@for_each("method", ["sessions", "log_off", "disconnect", "message"])
@for_each("error", SURPRISES, ids=name_of)
def test_whatever_a_host_raises_is_an_error_of_that_host(error: Exception, method: str, when: str) -> None:
    terminal = GuardedTerminal(terminal=SurprisingTerminal(error, method, when=when))
    order = order_for(b.request(), Target(session=ALICE))
    with capture_logs() as logs, pytest.raises(Unforeseen) as raised:
        calls_of(terminal, [order])[method]()
    assert (raised.value.host, raised.value.delivered) == (BAD, method != "sessions")
    [entry] = logged(logs)
    is_end = isinstance(error, StopIteration) and method != "sessions" and when != "call"
    assert (entry["host"], type(entry["exc_info"])) == (BAD, Misanswered if is_end else type(error))
    assert raised.value.message.endswith(f"reference {entry['reference']}.")
    assert type(error).__name__ not in raised.value.message


@pytest.mark.parametrize("error", SOME, ids=name_of)
def test_a_surprise_at_the_look_of_one_host_leaves_the_other_hosts_on_the_card(error: Exception) -> None:
    harness = BotHarness(terminal=SurprisingTerminal(error, "sessions"))
    with capture_logs() as logs:
        request = harness.ask_and_run("comp1,comp2,comp3 id=3")
    assert [target.session.host for target in request.targets] == ["comp1", "comp3"]
    [survey] = [each for each in request.surveys if each.host == BAD]
    assert (survey.code, "step_failed" in harness.events) == ("unforeseen", False)
    [entry] = logged(logs)
    assert (entry["host"], entry["reference"], entry["exc_info"]) == (BAD, told(harness), error)


@for_each("when", ["call", "first", "after"])
@for_each("error", SOME, ids=name_of)
def test_a_surprise_in_the_act_at_one_host_is_looked_for_and_the_others_are_done(error: Exception, when: str) -> None:
    terminal = SurprisingTerminal(error, "log_off", when=when)
    harness = BotHarness(terminal=terminal, records_failures=True)
    harness.ask_and_run("comp1,comp2,comp3 id=3 --sync")
    with capture_logs() as logs:
        harness.approve_and_run()
    harness.jump(10 * SECOND)
    harness.jump(60 * SECOND)
    last = "gone" if when == "after" else "unknown"
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": last, "comp3 3": "gone"}
    assert terminal.calls == [("log_off", host) for host in HOSTS], "no order is sent a second time"
    assert "step_failed" not in harness.events
    assert len(logged(logs)) == 1
    if last == "unknown":
        assert told(harness) == logged(logs)[0]["reference"]


@pytest.mark.parametrize(
    ("command", "text", "method", "done"),
    [
        ("disconnect", "comp1,comp2,comp3 id=3,5 --sync", "disconnect", "disconnected"),
        ("tsmessage", 'comp1,comp2,comp3 id=3,5 "Updates"', "message", "sent"),
    ],
)
@pytest.mark.parametrize("when", ["call", "first"])
def test_a_surprise_in_any_act_at_one_host_is_that_hosts_outcome(
    command: str, text: str, method: str, done: str, when: str
) -> None:
    terminal = SurprisingTerminal(KeyError("x"), method, when=when)
    harness = BotHarness(terminal=terminal, records_failures=True)
    harness.ask_and_run(text, command=command)
    harness.press("approve")
    harness.run()
    harness.jump(10 * SECOND)
    harness.jump(60 * SECOND)
    verdicts = {"comp1 3": done, "comp1 5": done, "comp3 3": done, "comp3 5": done}
    alice = "disconnected" if command == "disconnect" else "unknown"  # she was Disconnected before: a look proves it
    assert harness.verdicts() == verdicts | {"comp2 3": alice, "comp2 5": "unknown"}
    assert terminal.calls.count((method, BAD)) == 1


def test_a_surprise_while_the_answers_come_keeps_those_that_came() -> None:
    class Breaking(FakeTerminal):
        def log_off(self, host: str, orders: Sequence[Order], **how: Any) -> Iterator[Answer]:
            answers = super().log_off(host, orders, **how)
            yield next(answers)
            if host == BAD:
                list(answers)
                raise KeyError("5")
            yield from answers

    harness = BotHarness(terminal=Breaking({host: sessions() for host in HOSTS}), records_failures=True)
    harness.ask_and_run("comp1,comp2 id=3,5 --sync --even-if-active")
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "gone", "comp1 5": "gone", "comp2 3": "gone", "comp2 5": "open"}
    harness.jump(10 * SECOND)
    assert harness.verdicts()["comp2 5"] == "gone", "the order arrived, so a look proves it"


@pytest.mark.parametrize("error", SOME, ids=name_of)
def test_a_surprise_at_the_warning_of_one_host_skips_its_people_and_warns_the_others(error: Exception) -> None:
    terminal = SurprisingTerminal(error, "message")
    harness = BotHarness(terminal=terminal, records_failures=True)
    harness.ask_and_run('comp1,comp2,comp3 id=3 --sync --warn 5m "Updates"')
    harness.approve_and_run()
    assert [host for host, *_ in terminal.messages] == ["comp1", "comp3"]
    harness.jump(timedelta(minutes=6))
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": "skipped", "comp3 3": "gone"}
    target = harness.target(harness.request, BAD, 3)
    assert target.reason is Reason.NOT_WARNED
    assert told(harness) in target.note


def test_a_surprise_at_the_follow_up_of_one_host_leaves_its_people_unknown() -> None:
    terminal = SurprisingTerminal(KeyError("x"), "sessions", looks=1)
    for host in HOSTS:
        terminal.hang(host, 3)
    harness = BotHarness(terminal=terminal, records_failures=True)
    harness.ask_and_run("comp1,comp2,comp3 id=3")
    harness.approve_and_run()
    for host in HOSTS:
        terminal.stop_hanging(host, 3)
    harness.jump(10 * SECOND)
    harness.jump(60 * SECOND)
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": "unknown", "comp3 3": "gone"}
    terminal.looks = 1000
    harness.jump(timedelta(minutes=3))
    assert harness.verdicts()[f"{BAD} 3"] == "gone", "a later look settles it"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(1)], ids=name_of)
@pytest.mark.parametrize("method", ["sessions", "log_off"])
def test_the_end_of_the_process_is_nobodys_outcome(stop: BaseException, method: str) -> None:
    harness = BotHarness(terminal=SurprisingTerminal(stop, method))
    harness.ask("comp2 id=3 --sync")
    if method == "log_off":
        harness.run()
        harness.press("approve")
    with pytest.raises(type(stop)):
        harness.run()


def test_an_expected_error_passes_as_it_is() -> None:
    error = NoRight("comp2 shows no session.", host=BAD)
    terminal = GuardedTerminal(terminal=SurprisingTerminal(error, "sessions"))
    with pytest.raises(NoRight) as raised:
        terminal.sessions(BAD, within=SECOND)
    assert raised.value is error


# What a terminal may not answer


def answer(session_id: int = 3, **what: Any) -> Answer:
    return Answer(**{"session_id": session_id, "verdict": Verdict.GONE, **what})


ODD_ANSWERS: dict[str, list[Any]] = {
    "nothing": [],
    "none": [None],
    "a text": ["gone"],
    "a session": [sessions()[1]],
    "an unknown id": [answer(99)],
    "an id as a text": [replace(answer(), session_id="3")],  # type: ignore[arg-type] # that is the point
    "a verdict as a text": [answer(verdict="gone")],
    "a code as a text": [answer(code="5")],
    "a reason as a text": [answer(reason="person")],
    "no note": [answer(note=None)],
}


@for_each("odd", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_an_answer_that_the_port_does_not_allow_counts_as_a_lost_one(odd: list[Any]) -> None:
    class Odd(FakeTerminal):
        def log_off(self, host: str, orders: Sequence[Order], **how: Any) -> Iterator[Answer]:
            answers = list(super().log_off(host, orders, **how))
            return iter(odd if host == BAD else answers)

    harness = BotHarness(terminal=Odd({host: sessions() for host in HOSTS}), records_failures=True)
    harness.ask_and_run("comp1,comp2,comp3 id=3 --sync")
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": "open", "comp3 3": "gone"}
    harness.jump(10 * SECOND)
    assert harness.verdicts()[f"{BAD} 3"] == "gone"
    assert [host for host, _ in harness.terminal.logged_off] == list(HOSTS)


def test_a_second_answer_for_one_session_changes_nothing_of_the_first() -> None:
    class Twice(FakeTerminal):
        def log_off(self, host: str, orders: Sequence[Order], **how: Any) -> Iterator[Answer]:
            first, _ = super().log_off(host, orders, **how)
            yield from (first, replace(first, verdict=Verdict.FAILED))

    harness = BotHarness(terminal=Twice({host: sessions() for host in HOSTS}), records_failures=True)
    harness.ask_and_run("comp1 id=3,5 --sync --even-if-active")
    harness.approve_and_run()
    harness.jump(10 * SECOND)
    assert harness.verdicts() == {"comp1 3": "gone", "comp1 5": "gone"}


ODD_LISTS: dict[str, Any] = {
    "none": None,
    "a number": 5,
    "a text": "alice",
    "an answer": [answer()],
    "another host's": [replace(ALICE, host="comp1")],
    "twice": [ALICE, replace(ALICE, account=replace(ALICE.account, user="bob"))],
    "no station": [replace(ALICE, station=None)],  # type: ignore[arg-type] # that is the point
    "an id as a text": [replace(ALICE, id="3")],  # type: ignore[arg-type] # that is the point
    "a state as a text": [replace(ALICE, state="Active")],  # type: ignore[arg-type] # that is the point
}


@for_each("odd", ODD_LISTS.values(), ids=ODD_LISTS.keys())
def test_a_list_that_the_port_does_not_allow_is_no_list(odd: Any) -> None:
    class Odd(FakeTerminal):
        def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
            listed = super().sessions(host, within=within)
            return odd if host == BAD else listed

    terminal = GuardedTerminal(terminal=Odd({host: sessions() for host in HOSTS}))
    with pytest.raises(Unforeseen) as raised:
        terminal.sessions(BAD, within=SECOND)
    assert (raised.value.host, raised.value.delivered) == (BAD, False)
    assert len(terminal.sessions("comp1", within=SECOND)) == 4


def test_every_field_of_an_answer_and_of_a_session_is_looked_at() -> None:
    assert set(ANSWER_KINDS) == {field.name for field in fields(Answer)}
    assert set(SESSION_KINDS) == {field.name for field in fields(Session)}
