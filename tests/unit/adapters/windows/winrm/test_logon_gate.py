"""The gate in front of logons: who goes, who waits, who is turned away, and what is asked of the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from adapters.windows.shell import Deadline
from adapters.windows.winrm import errors, logon_gate
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.logon_gate import LogonGate, digest_of
from bot.domain.logons import LONGEST_TURN, PROVEN_FOR, Suspension
from bot.errors import NotAuthenticated, TerminalError, TimedOut
from tests.fakes.clock import START, SettableClock
from tests.fakes.logons import FakeLogons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.windows.winrm.logon_gate import Logon

KEY = b"the key of the tests"
WAY = Connection(
    endpoint="https://comp1:5986/wsman",
    transport=Transport.NTLM,
    username="CORP\\svc-logoff",
    password=SecretStr("only the test knows it"),
)
HOSTS = [f"comp{number}" for number in range(1, 41)]
LONG, SHORT, TOO_SHORT = timedelta(seconds=20), timedelta(seconds=0.2), timedelta(seconds=0.02)
WINDOW = timedelta(minutes=10)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def logons(clock: SettableClock) -> FakeLogons:
    return FakeLogons(clock, window=WINDOW)


@pytest.fixture
def gate(logons: FakeLogons, clock: SettableClock) -> LogonGate:
    return LogonGate(logons, clock, KEY)


@pytest.fixture
def _always_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logon_gate, "_FRESH", -1.0)


@pytest.fixture
def _never_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logon_gate, "_FRESH", 600.0)


def enter(gate: LogonGate, host: str, way: Connection = WAY, within: timedelta = LONG) -> Logon:
    """Enter, or raise what the person reads."""
    with errors.translate_errors(host, delivered=False):
        return gate.enter(way, host, Deadline(within))


class ClockDeadline(Deadline):
    """The end of a time-out by the clock that a test moves."""

    def __init__(self, clock: SettableClock, within: timedelta) -> None:
        self._clock, self._end = clock, clock.now() + within

    @property
    def left(self) -> float:
        return max(0.0, (self._end - self._clock.now()).total_seconds())


def slow_command(gate: LogonGate, logons: FakeLogons, clock: SettableClock, latency: timedelta) -> list[str]:
    """One look of 8 s at all hosts, which refuse so late: the hosts that were sent the password, in order."""
    deadline, sent = ClockDeadline(clock, timedelta(seconds=8)), []
    for host in HOSTS:
        try:
            logon = gate.enter(WAY, host, deadline)
        except logon_gate.Withheld:
            continue
        sent.append(host)
        begun, last = clock.now(), timedelta(seconds=deadline.left)
        clock.move(min(latency, last) - timedelta(seconds=0.01))
        assert logons.standing(digest_of(WAY, KEY)).is_tried(clock.now())  # nobody else goes before the answer
        clock.move(begun + min(latency, last) - clock.now())
        if latency <= last:
            logon.refuse()
        else:
            logon.give_up()
    return sent


def command(gate: LogonGate, takes: Callable[[str], bool], hosts: Sequence[str] = HOSTS) -> dict[str, str]:
    """One command at all hosts at once: `accepted`, `refused`, or the sentence of a host that was not asked."""

    def one(host: str) -> str:
        try:
            logon = enter(gate, host)
        except NotAuthenticated as error:
            return error.message
        if takes(host):
            logon.accept()
            return "accepted"
        logon.refuse()
        return "refused"

    with ThreadPoolExecutor(len(hosts)) as threads:
        return dict(zip(hosts, threads.map(one, hosts), strict=True))


def nobody(_host: str) -> bool:
    return False


def everybody(_host: str) -> bool:
    return True


def count(said: dict[str, str], answer: str) -> int:
    return list(said.values()).count(answer)


def test_of_forty_hosts_that_refuse_two_are_asked_and_none_with_the_next_command(gate: LogonGate) -> None:
    first, second = command(gate, nobody), command(gate, nobody)
    assert (count(first, "refused"), count(second, "refused")) == (2, 0)
    told = [said for said in (*first.values(), *second.values()) if said != "refused"]
    assert len(told) == 78
    assert all("two computers did not accept the bot's account" in said and "14:10 UTC" in said for said in told)


@pytest.mark.parametrize(("seconds", "each"), [(1, [2, 0, 0]), (4, [2, 0, 0]), (7.5, [1, 1, 0]), (9, [1, 1, 0])])
@pytest.mark.usefixtures("_always_reads")
def test_of_forty_hosts_that_refuse_late_or_too_late_two_are_asked_in_all(
    gate: LogonGate, logons: FakeLogons, clock: SettableClock, seconds: float, each: list[int]
) -> None:
    sent = [slow_command(gate, logons, clock, timedelta(seconds=seconds)) for _ in range(3)]
    assert [len(hosts) for hosts in sent] == each
    with pytest.raises(NotAuthenticated, match="two computers did not accept"):
        enter(gate, "comp40")


@pytest.mark.usefixtures("_always_reads")
def test_who_could_not_wait_for_an_honest_answer_does_not_try(gate: LogonGate) -> None:
    with pytest.raises(TimedOut, match="comp1 was not asked"):
        enter(gate, "comp1", within=TOO_SHORT)
    enter(gate, "comp2").accept()


def test_a_proven_password_without_an_answer_refuses_nothing(gate: LogonGate, logons: FakeLogons) -> None:
    enter(gate, "comp1").accept()
    for host in ("comp2", "comp3"):
        enter(gate, host).give_up()
    enter(gate, "comp2").accept()
    assert "refuse" not in logons.calls


def test_the_stop_holds_for_another_process_and_after_a_restart(
    gate: LogonGate, logons: FakeLogons, clock: SettableClock
) -> None:
    command(gate, nobody)
    assert count(command(LogonGate(logons, clock, KEY), nobody), "refused") == 0


def test_after_the_window_two_more_are_asked(gate: LogonGate, clock: SettableClock) -> None:
    command(gate, nobody)
    clock.move(WINDOW)
    assert count(command(gate, nobody), "refused") == 2


def test_another_password_is_tried_at_once(gate: LogonGate) -> None:
    command(gate, nobody)
    enter(gate, "comp1", replace(WAY, password=SecretStr("a new one"))).accept()
    with pytest.raises(NotAuthenticated):
        enter(gate, "comp1")


@pytest.mark.parametrize("odd", ["comp1", "comp20", "comp40"])
def test_one_host_of_forty_that_refuses_costs_itself_alone(gate: LogonGate, odd: str) -> None:
    first = command(gate, lambda host: host != odd)
    assert (first.pop(odd), set(first.values())) == ("refused", {"accepted"})
    second = command(gate, lambda host: host != odd)
    assert second.pop(odd) == (
        f"{odd} did not accept the bot's account at 2026-03-02 14:00 UTC and is not tried again before "
        "2026-03-02 14:10 UTC, so that the account is not locked. Check its rights there, its password, and "
        "whether it is locked."
    )
    assert set(second.values()) == {"accepted"}


def test_a_password_that_changes_under_a_proven_credential_is_noticed_after_two(
    gate: LogonGate, logons: FakeLogons
) -> None:
    command(gate, everybody)
    for host in ("comp1", "comp2"):
        enter(gate, host).refuse()
    assert count(command(gate, nobody), "refused") == 0
    assert logons.calls.count("refuse") == 2


def test_a_password_that_changed_while_nobody_used_it_is_tried_twice(gate: LogonGate, clock: SettableClock) -> None:
    assert set(command(gate, everybody).values()) == {"accepted"}
    clock.move(PROVEN_FOR + timedelta(seconds=1))
    assert count(command(gate, nobody), "refused") == 2


def test_work_that_goes_on_proves_the_credential_again_and_again(
    gate: LogonGate, logons: FakeLogons, clock: SettableClock
) -> None:
    enter(gate, "comp1").accept()
    for _ in range(4):
        clock.move(PROVEN_FOR * 2 / 3)
        under_way = enter(gate, "comp1")
        enter(gate, "comp2", within=SHORT).accept()
        under_way.accept()
    assert logons.calls.count("take_turn") == 1
    assert logons.calls.count("accept") == 5


def test_after_the_first_acceptance_the_others_go_side_by_side(gate: LogonGate) -> None:
    """The barrier opens when all the others are between the gate and their answer."""
    first = enter(gate, "comp1")
    others, together = HOSTS[1:], Barrier(len(HOSTS) - 1)

    def one(host: str) -> None:
        logon = enter(gate, host)
        together.wait(timeout=60)
        logon.accept()

    with ThreadPoolExecutor(len(others)) as threads:
        done = threads.map(one, others)
        first.accept()
        assert len(list(done)) == len(others)


@pytest.mark.usefixtures("_never_reads_again")
def test_a_proven_credential_costs_no_call_of_the_database(gate: LogonGate, logons: FakeLogons) -> None:
    command(gate, everybody)
    assert logons.calls == ["standing", "take_turn", "accept"]
    command(gate, everybody)
    assert len(logons.calls) == 3


def test_who_waits_for_another_host_waits_within_its_own_time_and_says_so(gate: LogonGate) -> None:
    enter(gate, "comp1")
    with pytest.raises(
        TimedOut, match="comp2 was not asked: the bot's account was tried at another computer"
    ) as caught:
        enter(gate, "comp2", within=TOO_SHORT)
    assert not caught.value.delivered


def test_a_host_that_never_answers_holds_the_others_until_its_call_gives_up(
    gate: LogonGate, clock: SettableClock
) -> None:
    enter(gate, "comp1")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(enter, gate, "comp2")
        clock.move(LONGEST_TURN)
        waiting.result().accept()
    with pytest.raises(NotAuthenticated, match="comp1 did not accept"):
        enter(gate, "comp1")


def test_a_host_that_did_not_look_at_the_password_keeps_nobody_waiting(gate: LogonGate) -> None:
    first = enter(gate, "comp1")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(enter, gate, "comp2")
        first.give_back()
        waiting.result().accept()
    first.give_back()
    enter(gate, "comp3")


def test_a_process_that_died_with_the_turn_holds_the_others_for_one_turn(
    gate: LogonGate, logons: FakeLogons, clock: SettableClock
) -> None:
    enter(LogonGate(logons, clock, KEY), "comp1")
    with pytest.raises(TimedOut):
        enter(gate, "comp2", within=TOO_SHORT)
    clock.move(LONGEST_TURN)
    enter(gate, "comp2").accept()


def test_a_start_proves_the_credential_anew(gate: LogonGate, logons: FakeLogons, clock: SettableClock) -> None:
    enter(gate, "comp1").accept()
    clock.move(timedelta(seconds=1))
    later = LogonGate(logons, clock, KEY)
    enter(later, "comp1")
    with pytest.raises(TimedOut):
        enter(later, "comp2", within=TOO_SHORT)


@pytest.mark.usefixtures("_always_reads")
def test_a_refusal_that_another_process_saw_ends_the_proof_here(
    gate: LogonGate, logons: FakeLogons, clock: SettableClock
) -> None:
    other = LogonGate(logons, clock, KEY)
    enter(gate, "comp1").accept()
    enter(other, "comp2").refuse()
    with pytest.raises(NotAuthenticated, match="comp2 did not accept"):
        enter(gate, "comp2")
    enter(gate, "comp3").refuse()
    for each in (gate, other):
        with pytest.raises(NotAuthenticated, match="two computers"):
            enter(each, "comp4")


def test_an_acceptance_that_began_before_the_refusals_ends_no_stop(gate: LogonGate) -> None:
    enter(gate, "comp1").accept()
    slow, bad, worse = (enter(gate, host) for host in ("comp2", "comp3", "comp4"))
    bad.refuse()
    worse.refuse()
    with pytest.raises(NotAuthenticated):
        enter(gate, "comp5")
    slow.accept()
    with pytest.raises(NotAuthenticated):
        enter(gate, "comp5")


def test_hosts_are_the_same_in_any_letter_case(gate: LogonGate) -> None:
    enter(gate, "comp1").refuse()
    with pytest.raises(NotAuthenticated, match="COMP1 did not accept"):
        enter(gate, "COMP1")


@pytest.mark.usefixtures("_always_reads")
def test_without_the_database_no_password_is_tried(gate: LogonGate, logons: FakeLogons) -> None:
    enter(gate, "comp1").accept()
    logons.is_away = True
    with pytest.raises(TerminalError, match="cannot see in its database whether its account may log on") as caught:
        enter(gate, "comp2")
    assert not caught.value.delivered
    logons.is_away = False
    enter(gate, "comp2")


@pytest.mark.usefixtures("_never_reads_again")
def test_a_refusal_that_cannot_be_written_stops_this_process_until_it_is(gate: LogonGate, logons: FakeLogons) -> None:
    enter(gate, "comp1").accept()
    logons.is_away = True
    enter(gate, "comp2").refuse()
    with pytest.raises(TerminalError, match="database"):
        enter(gate, "comp3")
    logons.is_away = False
    with pytest.raises(NotAuthenticated, match="comp2 did not accept"):
        enter(gate, "comp2")
    assert logons.calls.count("refuse") == 1


def test_an_acceptance_that_cannot_be_written_lets_the_next_one_try_after_the_turn(
    gate: LogonGate, logons: FakeLogons, clock: SettableClock
) -> None:
    first = enter(gate, "comp1")
    logons.is_away = True
    first.accept()
    logons.is_away = False
    clock.move(LONGEST_TURN)
    enter(gate, "comp2").accept()


def test_the_log_says_when_an_account_is_stopped_and_when_it_is_free(gate: LogonGate, clock: SettableClock) -> None:
    with capture_logs() as lines:
        command(gate, nobody, HOSTS[:3])
        command(gate, nobody, HOSTS[:3])
        clock.move(WINDOW)
        enter(gate, "comp1").accept()
    assert [line["event"] for line in lines] == [
        "windows.logon_refused",
        "windows.logon_refused",
        "windows.account_suspended",
        "windows.account_free",
    ]
    suspended = lines[2]
    assert (suspended["account"], len(suspended["hosts"])) == (WAY.username, 2)
    assert suspended["until"] == "2026-03-02T14:10:00+00:00"
    assert WAY.password.get_secret_value() not in repr(lines)


def test_the_time_that_people_are_told_is_never_too_early() -> None:
    for seconds, told in ((0, "14:10 UTC"), (0.5, "14:11 UTC"), (59, "14:11 UTC")):
        until = START + WINDOW + timedelta(seconds=seconds)
        assert told in logon_gate.fault_of(Suspension(until=until, refused_at=None)).message


def test_the_digest_tells_accounts_passwords_and_keys_apart_and_no_spellings_of_one_account() -> None:
    changes = {"password": SecretStr("another")}, {"username": "CORP\\another"}
    digests = {digest_of(replace(WAY, **change), KEY) for change in changes}
    assert len(digests | {digest_of(WAY, KEY), digest_of(WAY, b"another key")}) == 4
    assert digest_of(replace(WAY, username="corp\\SVC-logoff"), KEY) == digest_of(WAY, KEY)
    assert digest_of(replace(WAY, transport=Transport.BASIC, endpoint="https://comp2"), KEY) == digest_of(WAY, KEY)


def test_where_account_and_password_meet_is_part_of_the_digest() -> None:
    first = replace(WAY, username="A", password=SecretStr('B", "C'))
    assert digest_of(first, KEY) != digest_of(replace(WAY, username='A", "B', password=SecretStr("C")), KEY)
