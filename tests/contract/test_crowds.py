"""Large and odd hosts, and many of them at once."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from structlog.testing import capture_logs

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.session import Account, Session
from bot.domain.verdicts import Reason, Verdict
from bot.errors import BadReply, TerminalError, TimedOut
from rehearsal.windows import EngineMissingError, Farm
from tests.contract.hosts import FarmHosts, farm_file, order_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.ports.terminal import Answer

WITHIN = timedelta(seconds=60)
WAIT = timedelta(seconds=20)
MANY = 200
LIST = ["Create", "Command", "Send", "Receive", "Delete"]
LONG = Account(domain="A-DOMAIN-OF-MORE-THAN-SIXTEEN", user="a.name.of.more.than.twenty.letters")
AMONG_THE_CROWD: list[dict[str, Any]] = [
    {"id": 1000, "user": str(LONG), "disconnected": "3h"},
    {"id": 1001, "user": str(LONG)[:-1], "disconnected": "3h"},
    {"id": 1002, "user": "CORP\\alice", "disconnected": "3h", "logged_on": "5h"},
    {"id": 1003, "user": "CORP\\alice", "disconnected": "1h", "logged_on": "2h"},
    {"id": 1004, "user": "CORP\\halfway", "disconnected": "1h", "logged_on": None},
]


@pytest.fixture(params=["double", "mono"])
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FarmHosts]:
    """One host with 200 sessions and some odd ones."""
    crowd = [{"id": 2 + number, "user": f"CORP\\user{number:03}", "idle": "5m"} for number in range(MANY)]
    account = {"username": "CORP\\svc", "password": "fiction"}
    hosts = {"crowded": {"sessions": crowd + AMONG_THE_CROWD}}
    path = tmp_path / "farm.yaml"
    path.write_text(yaml.safe_dump({"account": account, "hosts": hosts}), encoding="utf-8")
    farm = Farm.from_file(path, engine=request.param)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    there = FarmHosts(farm, ["crowded"])
    yield there
    there.close()
    farm.stop()


def look(hosts: FarmHosts) -> dict[int, Session]:
    return {session.id: session for session in hosts.terminal.sessions("crowded", within=WITHIN)}


def log_off(hosts: FarmHosts, sessions: Sequence[Session]) -> list[Answer]:
    orders = [order_for(session) for session in sessions]
    return list(hosts.terminal.log_off("crowded", orders, wait=WAIT, within=WITHIN))


@pytest.mark.parametrize("count", [1, 40])
def test_a_logoff_of_one_or_of_forty_costs_four_messages_beside_the_receives(crowded: FarmHosts, count: int) -> None:
    there = look(crowded)
    assert len(there) == MANY + len(AMONG_THE_CROWD)
    before = len(crowded.farm.messages("crowded"))
    answers = log_off(crowded, [there[number] for number in range(2, 2 + count)])
    assert {answer.verdict for answer in answers} == {Verdict.GONE}
    after = crowded.farm.messages("crowded")[before:]
    assert [name for name, _ in groupby(after)] == LIST
    assert crowded.logged_off("crowded") == list(range(2, 2 + count))


def test_names_that_differ_in_their_last_letter_only_are_two_people(crowded: FarmHosts) -> None:
    there = look(crowded)
    assert there[1000].account == LONG
    (changed,) = log_off(crowded, [Session(host="crowded", id=1001, state=there[1001].state, account=LONG, logon=1)])
    assert changed.verdict is Verdict.CHANGED
    assert [answer.verdict for answer in log_off(crowded, [there[1000], there[1001]])] == [Verdict.GONE, Verdict.GONE]


def test_of_two_sessions_of_one_person_only_the_one_that_was_shown_goes(crowded: FarmHosts) -> None:
    there = look(crowded)
    elsewhere = order_for(there[1003], session_id=1002)
    (swapped,) = crowded.terminal.log_off("crowded", [elsewhere], wait=WAIT, within=WITHIN)
    assert (swapped.verdict, swapped.reason, swapped.note) == (Verdict.CHANGED, Reason.PERSON, "CORP\\alice")
    assert [answer.verdict for answer in log_off(crowded, [there[1003]])] == [Verdict.GONE]
    assert crowded.logged_off("crowded") == [1003]
    assert 1002 in look(crowded)


def test_a_session_without_a_logon_time_is_nobodys_to_touch(crowded: FarmHosts) -> None:
    halfway = look(crowded)[1004]
    assert halfway.logon == 0
    for answers in (log_off(crowded, [halfway]), disconnect(crowded, halfway), show(crowded, halfway)):
        assert [(answer.verdict, answer.reason) for answer in answers] == [(Verdict.SKIPPED, Reason.NO_LOGON_TIME)]
    assert crowded.farm.calls("crowded") == []


def disconnect(hosts: FarmHosts, session: Session) -> list[Answer]:
    return list(hosts.terminal.disconnect("crowded", [order_for(session)], wait=WAIT, within=WITHIN))


def show(hosts: FarmHosts, session: Session) -> list[Answer]:
    return list(hosts.terminal.message("crowded", [order_for(session)], title="Alert", text="?", within=WITHIN))


def test_an_id_that_passes_to_another_while_the_target_before_it_is_logged_off_is_not_touched(
    crowded: FarmHosts,
) -> None:
    there = look(crowded)
    crowded.farm.set_behaviour("crowded", "taken-over", id=5)
    answers = log_off(crowded, [there[number] for number in (3, 4, 5, 6)])
    assert [answer.verdict for answer in answers] == [Verdict.GONE, Verdict.GONE, Verdict.CHANGED, Verdict.GONE]
    assert (answers[2].reason, answers[2].note) == (Reason.PERSON, "CORP\\mallory")
    assert crowded.people("crowded")[5] == "CORP\\mallory"
    assert crowded.logged_off("crowded") == [3, 4, 6]


@contextmanager
def traced() -> Iterator[list[int]]:
    """The most memory that was used inside, in bytes, as the one entry of the list, once it is over."""
    peak: list[int] = []
    of_tests = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # Python's own, as in production; the tests collect garbage less often
    tracemalloc.start()
    try:
        yield peak
    finally:
        peak.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        gc.set_threshold(*of_tests)


@pytest.mark.parametrize(
    ("name", "options"),
    [("babbles", {"how": "flood"}), ("trips", {"at": "receive", "manner": "flood", "times": 0})],
    ids=["output", "body"],
)
def test_ten_megabytes_of_anything_are_never_held(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    path, names = farm_file(tmp_path, hosts=1)
    with Farm.from_file(path, engine="double") as farm, closing(FarmHosts(farm, names)) as hosts:
        host = hosts.take()
        hosts.terminal.sessions(host, within=WITHIN)
        farm.set_behaviour(host, name, **options)
        with traced() as peak, pytest.raises(BadReply):
            hosts.terminal.sessions(host, within=WITHIN)
    assert peak[0] < 10 * 1024 * 1024


@pytest.mark.slow
def test_two_hundred_hosts_are_looked_at_together_and_the_dead_one_costs_itself_alone(tmp_path: Path) -> None:
    path, names = farm_file(tmp_path, hosts=MANY)
    dead = names[77]
    with Farm.from_file(path, engine="double") as farm, closing(FarmHosts(farm, names)) as hosts:
        farm.set_behaviour(dead, "trips", at="handshake", manner="silence", times=0)
        for computer in farm._hosts.values():
            computer.requests = deque(maxlen=0)  # what the farm would keep of them is no memory of the bot

        def looked(host: str) -> int | TerminalError:
            try:
                return len(hosts.terminal.sessions(host, within=timedelta(seconds=2) if host == dead else WITHIN))
            except TerminalError as error:
                return error

        with traced() as peak, ThreadPoolExecutor(64) as threads, capture_logs() as logs:
            found = dict(zip(names, threads.map(looked, names), strict=True))
        error = found.pop(dead)
        assert isinstance(error, TimedOut)
        assert dead in error.message
        assert set(found.values()) == {9}
        assert all(farm.messages(host).count("Create") == 1 for host in found)
        left = {each["host"] for each in logs if each["event"] == "windows.shell_left"}
        assert {host for host in names if farm.open_shells(host)} <= left  # a machine out of breath may leave some
        assert len(left) <= MANY // 20
    assert peak[0] < 32 * 1024 * 1024


def test_lines_of_many_hosts_are_closed_when_they_lie_idle(tmp_path: Path) -> None:
    path, names = farm_file(tmp_path, hosts=20)
    with (
        Farm.from_file(path, engine="double") as farm,
        closing(FarmHosts(farm, names)) as hosts,
        closing(WinRmShell(hosts.connection, keep_idle=timedelta(seconds=0.2))) as shell,
    ):
        for host in names:
            WinRmTerminal(shell).sessions(host, within=WITHIN)
        farm.wait_until(lambda: not shell._pool._kept)
