"""What can be wrong with one session, times when it goes wrong, on three engines: verdict and farm always agree.

The fault matrix of messages is `test_fault_matrix.py`. Here one host has a session for each fault, and one call acts on
all of them: at the card, between the card and the act, and after the order.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from bot.domain.verdicts import Verdict
from bot.errors import NoRight
from rehearsal.windows import EngineMissingError, Farm
from rehearsal.windows.sessions import FOREVER
from tests.contract.hosts import ACT, FarmHosts, look, order_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.ports.terminal import Answer, Order
    from rehearsal.windows.settings import EngineName

ALICE, MALLORY = "CORP\\alice", "CORP\\mallory"
BASE: dict[str, Any] = {"user": ALICE, "disconnected": "3h", "logged_on": "1d2h", "client": "LAPTOP-7"}
NOBODY: dict[str, Any] = {"user": "", "ticks": {"logon": 0, "disconnect": 0}}
WAIT = timedelta(seconds=1)
UNREADABLE = {
    f"{what} {how}": {"unreadable": {what: how}}
    for what in ("user", "domain", "times")
    for how in (5, -5, "nothing", "short")
}
ODD: dict[str, dict[str, Any]] = {
    "no logon time": {"logged_on": None},
    "a logon time below zero": {"ticks": {"logon": -(2**63)}},
    "a logon time after all calendars": {"ticks": {"logon": 2**63 - 1}},
    "a state that none has": {"state": 99},
}
HARMLESS: dict[str, dict[str, Any]] = {
    "client refused": {"unreadable": {"client": 5}},
    "address short": {"unreadable": {"address": "short"}},
    "protocol nothing": {"unreadable": {"protocol": "nothing"}},
    "a display that is short": {"unreadable": {"display": "short"}},
    "an odd connect time": {"ticks": {"connect": -1}},
    "an odd disconnect time": {"ticks": {"disconnect": 1}},
    "an odd clock": {"ticks": {"now": 2**63 - 1}},
}
PROVES = {
    "another person by another logon": {"user": MALLORY, "logged_on": "1m"},
    "another person by the same logon": {"user": MALLORY},
    "the same person by another logon": {"logged_on": "1m"},
    "nobody, and a client is connected": NOBODY | {"state": "connected"},
    "nobody, and it waits for a client": NOBODY | {"state": "idle"},
}
PROVES_NOTHING: dict[str, dict[str, Any]] = {
    "as before": {},
    "back at work": {"state": "active"},
    "nobody, but still there": NOBODY,
    "no domain": {"user": "\\alice"},
    "another person without a domain": {"user": "\\mallory", "logged_on": "1m"},
    "another person without a logon time": {"user": MALLORY, "logged_on": None},
    "times refused": UNREADABLE["times 5"],
    "user nothing": UNREADABLE["user nothing"],
    "domain short": UNREADABLE["domain short"],
    "a state that none has": ODD["a state that none has"],
}


@dataclass(frozen=True, kw_only=True)
class Case:
    id: int
    name: str
    expected: Verdict
    session: dict[str, Any] = field(default_factory=dict)


def cases(first: int, faults: dict[str, dict[str, Any]], expected: Verdict | None = None) -> list[Case]:
    """Without an expected verdict it is that of a session that cannot be read: the right is missing, or it failed."""
    return [
        Case(id=first + place, name=name, expected=expected or _refused(name, fault), session=fault)
        for place, (name, fault) in enumerate(faults.items())
    ]


def _refused(name: str, fault: dict[str, Any]) -> Verdict:
    if name in ODD:
        return Verdict.FAILED if "state" in fault else Verdict.SKIPPED
    return Verdict.NO_RIGHT if 5 in fault["unreadable"].values() else Verdict.FAILED


UNREAD = [*cases(101, UNREADABLE), *cases(151, ODD)]
READ = cases(201, HARMLESS, Verdict.GONE)
GONE = cases(301, PROVES, Verdict.GONE)
THERE = cases(401, PROVES_NOTHING, Verdict.STILL_CLOSING)
AT_WORK: dict[str, Any] = {"user": ALICE, "idle": "3h", "logged_on": "1d2h"}
LEAVES: dict[str, tuple[dict[str, Any] | None, Verdict]] = {
    "and it is seen": (None, Verdict.DISCONNECTED),
    "another person by another logon": ({"user": MALLORY, "logged_on": "1m"}, Verdict.GONE),
    "but nobody can read the times": ({"state": "disconnected", **UNREADABLE["times short"]}, Verdict.STILL_CLOSING),
    "but whose it is has no domain": ({"state": "disconnected", "user": "\\alice"}, Verdict.STILL_CLOSING),
}
HIDDEN = 501


def farm_yaml() -> dict[str, Any]:
    sessions = [{"id": 3, "user": "CORP\\bob"}, {"id": HIDDEN, "listed": False} | BASE]
    sessions += [{"id": case.id} | BASE | case.session for case in (*UNREAD, *READ)]
    sessions += [{"id": case.id, "after_order": case.session} | BASE for case in (*GONE, *THERE)]
    for place, (after_order, _) in enumerate(LEAVES.values()):
        sessions.append({"id": 601 + place} | AT_WORK | ({"after_order": after_order} if after_order else {}))
    later = [{"id": case.id} | BASE for case in UNREAD]
    hosts = {"odd": {"sessions": sessions}, "odd-later": {"sessions": later}, "empty": {"behaviour": "empty"}}
    return {"account": {"username": "CORP\\svc", "password": "fiction"}, "hosts": hosts}


@pytest.fixture(scope="module", params=["pwsh", "mono", "double"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    path = tmp_path_factory.mktemp("farm") / "farm.yaml"
    path.write_text(yaml.safe_dump(farm_yaml()), encoding="utf-8")
    farm = Farm.from_file(path, engine=cast("EngineName", request.param))
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    with closing(FarmHosts(farm, [])) as there:
        yield there
    farm.stop()


@pytest.fixture
def hosts(shared: FarmHosts) -> FarmHosts:
    shared.farm.restore()
    return shared


def log_off(hosts: FarmHosts, host: str, orders: list[Order]) -> list[Answer]:
    return in_calls(orders, lambda rest: hosts.terminal.log_off(host, rest, wait=WAIT, within=ACT))


def in_calls(orders: list[Order], act: Callable[[list[Order]], Iterator[Answer]]) -> list[Answer]:
    """All answers. A call ends at a session that still closes, so those behind it are ordered by another one."""
    answers: list[Answer] = []
    while rest := orders[len(answers) :]:
        answers += (told := list(act(rest)))
        assert told
        assert [answer.still_closes for answer in told[:-1]] == [False] * (len(told) - 1)
    return answers


def check_truth(hosts: FarmHosts, host: str, answers: list[Answer]) -> None:
    """The verdicts are what the farm knows of itself: whom it was made to touch, and who is there still."""
    touched = hosts.farm.touched(host)
    hit = {Verdict.GONE, Verdict.STILL_CLOSING}
    assert touched == [("logoff", answer.session_id, ALICE) for answer in answers if answer.verdict in hit]
    there = {each.id: each for each in hosts.farm._hosts[host].machine.sessions.all()}
    assert all(answer.session_id in there for answer in answers if answer.verdict is not Verdict.GONE)
    before = {call.session_id: call.logon for call in hosts.farm.calls(host)}
    for answer in answers:
        seen = there.get(answer.session_id)
        if answer.verdict is Verdict.GONE and seen is not None:
            assert (seen.account, seen.logon) != (ALICE, before[answer.session_id])
    assert not any(each.closing == FOREVER for each in there.values())


def test_a_session_that_cannot_be_read_is_refused_and_the_others_are_not(hosts: FarmHosts) -> None:
    seen, every = look(hosts, "odd"), [*UNREAD, *READ]
    answers = log_off(hosts, "odd", [order_for(seen[case.id]) for case in every])
    told = {case.name: answer.verdict for case, answer in zip(every, answers, strict=True)}
    assert told == {case.name: case.expected for case in every}
    check_truth(hosts, "odd", answers)


def test_what_goes_wrong_between_the_card_and_the_act_touches_nobody(hosts: FarmHosts) -> None:
    seen = look(hosts, "odd-later")
    odd = {each.id: each for each in hosts.farm._hosts["odd"].machine.sessions.all()}
    with hosts.farm._hosts["odd-later"].machine.sessions.locked() as table:
        for case in UNREAD:
            table.sessions[case.id] = odd[case.id]
    answers = log_off(hosts, "odd-later", [order_for(seen[case.id]) for case in UNREAD])
    told = {case.name: answer.verdict for case, answer in zip(UNREAD, answers, strict=True)}
    assert told == {case.name: case.expected for case in UNREAD}
    check_truth(hosts, "odd-later", answers)
    assert hosts.farm.touched("odd-later") == []


def test_after_an_order_only_what_was_read_proves_a_session_gone(hosts: FarmHosts) -> None:
    seen, every = look(hosts, "odd"), [*GONE, *THERE]
    answers = log_off(hosts, "odd", [order_for(seen[case.id]) for case in every])
    told = {case.name: answer.verdict for case, answer in zip(every, answers, strict=True)}
    assert told == {case.name: case.expected for case in every}
    check_truth(hosts, "odd", answers)


def test_a_disconnect_is_believed_when_the_same_person_is_read_disconnected(hosts: FarmHosts) -> None:
    seen = look(hosts, "odd")
    orders = [order_for(seen[601 + place]) for place in range(len(LEAVES))]
    answers = in_calls(orders, lambda rest: hosts.terminal.disconnect("odd", rest, wait=WAIT, within=ACT))
    told = {name: answer.verdict for name, answer in zip(LEAVES, answers, strict=True)}
    assert told == {name: verdict for name, (_, verdict) in LEAVES.items()}
    assert hosts.farm.touched("odd") == [("disconnect", order.session_id, ALICE) for order in orders]


def test_a_session_that_is_missing_from_the_list_has_no_order_and_an_empty_list_is_no_answer(hosts: FarmHosts) -> None:
    seen = look(hosts, "odd")
    assert (HIDDEN in seen, 0 in seen) == (False, False)
    (answer,) = log_off(hosts, "odd", [order_for(seen[3], session_id=HIDDEN)])
    assert answer.verdict is Verdict.ALREADY_GONE
    with pytest.raises(NoRight) as caught:
        log_off(hosts, "empty", [order_for(seen[3])])
    assert (caught.value.delivered, hosts.farm.touched("odd"), hosts.farm.touched("empty")) == (False, [], [])
