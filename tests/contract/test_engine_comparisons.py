"""What the agent compares before it acts: the C# under mono and the Python double, over the same requests.

PowerShell only carries the C#, and takes a second a call: test_engines.py asks it for each kind of reply once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal_testing.winrm_client import ask, line_of, start_shipped_farm, target
from tests.contract.shipped import AGENT, act, look, timeless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows import Farm


@pytest.fixture(scope="module", params=["mono", "double"])
def shared_farm(request: pytest.FixtureRequest) -> Iterator[Farm]:
    farm = start_shipped_farm(request.param)
    yield farm
    farm.stop()


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    """With everybody back in place, for the price of no new engine."""
    shared_farm.restore()
    return shared_farm


def test_without_waiting_the_verdict_is_requested(farm: Farm) -> None:
    alice = look(farm)[3]
    (reply,) = act(farm, target(alice), wait=0)
    assert (reply["verdict"], reply["code"], timeless(reply["seen"])) == ("requested", 0, timeless(alice))


def test_a_name_over_twenty_letters_and_one_of_foreign_letters_are_compared_whole(farm: Farm) -> None:
    seen = look(farm, "comp2")
    cut = target(seen[6], user=seen[6]["user"][:20])
    verdicts = [
        each["verdict"] for each in act(farm, cut, *(target(seen[number]) for number in (6, 8, 4, 2, 9)), host="comp2")
    ]
    assert verdicts == ["changed", "gone", "gone", "gone", "gone", "gone"]


def test_letter_case_of_a_name_is_ignored(farm: Farm) -> None:
    jose = look(farm)[7]
    assert act(farm, target(jose, user="JOSÉ", domain="corp"))[0]["verdict"] == "gone"


Change = dict[str, Any]
UNTOUCHED: dict[str, tuple[int, Change, str, str]] = {
    "another user": (3, {"user": "bob"}, "changed", "person"),
    "another domain": (3, {"domain": "OTHER"}, "changed", "person"),
    "another logon": (3, {"logon": 1}, "changed", "person"),
    "came back": (5, {"state": 4}, "changed", "came_back"),
    "at the console": (1, {}, "protected", "console"),
    "at the console, with a doubtful word": (1, {"not_at_console": 2}, "protected", "console"),
    "another user at the console": (1, {"user": "bob"}, "changed", "person"),
    "came back at the console": (1, {"state": 4}, "protected", "console"),
    "session 0": (0, {}, "protected", "session 0"),
    "listener": (65536, {}, "protected", "listener"),
    "negative id": (3, {"id": -1}, "protected", "bad id"),
    "large id": (3, {"id": 2**31}, "protected", "bad id"),
    "nobody has it": (3, {"id": 99}, "absent", ""),
}


def test_what_is_not_as_described_is_not_touched(farm: Farm) -> None:
    seen = look(farm)
    before = farm.sessions("comp1")
    replies = act(farm, *(target(seen[number], **changes) for number, changes, _, _ in UNTOUCHED.values()))
    told = dict(zip(UNTOUCHED, ((each["verdict"], each["why"]) for each in replies), strict=True))
    assert told == {name: (verdict, why) for name, (_, _, verdict, why) in UNTOUCHED.items()}
    assert {each["code"] for each in replies} == {0}
    assert farm.sessions("comp1") == before
    assert farm.calls("comp1") == []


def test_who_was_away_and_is_back_may_be_logged_off_when_it_was_asked_so(farm: Farm) -> None:
    bob = look(farm)[5]
    assert act(farm, target(bob, state=4, even_if_active=1))[0]["verdict"] == "gone"


@pytest.mark.parametrize("station", ["Console", "CONSOLE", "console"])
@pytest.mark.parametrize("act_line", ["logoff", "disconnect", "message"])
def test_who_went_over_to_the_console_is_touched_by_no_act(farm: Farm, act_line: str, station: str) -> None:
    """Windows moves the session of who logs on at the console again: the same id, the same logon."""
    bob = look(farm)[5]
    with farm._hosts["comp1"].machine.sessions.locked() as table:
        table.change(5, station=station, protocol=0)
    said = line_of("say", "Alert", "Go.") if act_line == "message" else line_of("wait", 5)
    (reply,) = ask(farm, "comp1", [act_line, said, target(bob)], AGENT)
    assert (reply["verdict"], reply["why"], reply["seen"]["station"]) == ("protected", "console", station)
    assert farm.calls("comp1") == []


def test_who_is_at_the_console_is_logged_off_when_that_is_allowed(farm: Farm) -> None:
    assert act(farm, target(look(farm)[1], not_at_console=0))[0]["verdict"] == "gone"


HOUR = 3600
CONDITIONS: dict[str, tuple[int, tuple[object, ...], bool]] = {
    "user, whole": (3, ("user", "like", "ALICE"), True),
    "user with domain": (3, ("user", "like", "corp\\al?c*"), True),
    "user, a part": (3, ("user", "like", "lic"), False),
    "any of the values": (3, ("user", "like", "bob", "a*"), True),
    "foreign letters": (7, ("user", "like", "JOS?"), True),
    "a star in the middle": (3, ("client", "like", "l*P-7"), True),
    "client": (3, ("client", "like", "PC*"), False),
    "address": (3, ("address", "like", "10.0.4.*"), True),
    "a dot is a dot": (3, ("address", "like", "10?0.4.17"), True),
    "a bracket is a bracket": (3, ("user", "like", "[a]lice"), False),
    "station": (5, ("station", "like", "rdp-tcp#?"), True),
    "no station": (3, ("station", "like", "?*"), False),
    "state": (3, ("state", "in", 0, 4), True),
    "other state": (3, ("state", "in", 0), False),
    "idle when away": (3, ("idle", "ge", 3 * HOUR), True),
    "idle when away, less": (3, ("idle", "lt", 3 * HOUR), False),
    "idle when active": (7, ("idle", "gt", 40 * 60), True),
    "never idle at the console": (1, ("idle", "le", 0), True),
    "logon": (3, ("logon", "gt", 1), True),
    "logon before": (3, ("logon", "le", 1), False),
    "none of these logons": (3, ("logon", "in", 1, 2), False),
}


def test_a_condition_that_does_not_hold_protects(farm: Farm) -> None:
    """A host that refuses every logoff tells which targets came so far."""
    seen = look(farm)
    farm.set_behaviour("comp1", "no-right")
    lines = [
        line
        for number, condition, _ in CONDITIONS.values()
        for line in (target(seen[number], not_at_console=0), line_of("if", *condition))
    ]
    verdicts = dict(zip(CONDITIONS, ((each["verdict"], each["why"]) for each in act(farm, *lines)), strict=True))
    came_so_far, was_protected = ("refused", "WTSLogoffSession"), ("changed", "filter")
    assert verdicts == {name: came_so_far if holds else was_protected for name, (_, _, holds) in CONDITIONS.items()}


def test_a_logon_is_one_of_several_to_the_tick(farm: Farm) -> None:
    alice = look(farm)[3]
    logon = int(alice["logon"])
    farm.set_behaviour("comp1", "no-right")
    near, exact = (
        (target(alice), line_of("if", "logon", "in", logon - 1, logon + 1)),
        (target(alice), line_of("if", "logon", "in", 1, logon)),
    )
    assert [each["verdict"] for each in act(farm, *near, *exact)] == ["changed", "refused"]


def test_without_a_domain_the_account_is_the_user_alone(farm: Farm) -> None:
    with farm._hosts["comp1"].machine.sessions.locked() as table:
        table.change(3, domain="")
    alice = target(look(farm)[3])
    farm.set_behaviour("comp1", "no-right")
    replies = act(farm, alice, line_of("if", "user", "like", "\\*"), alice, line_of("if", "user", "like", "alice"))
    assert [each["verdict"] for each in replies] == ["changed", "refused"]


ADDRESSES = {
    "2001:DB8:0:0::5": "2001:db8::5",
    "fe80::1%3": "",
    "10.0.4": "",
    "somewhere": "",
}


@pytest.mark.parametrize(("said", "read"), ADDRESSES.items())
def test_an_address_is_compared_as_it_is_told(farm: Farm, said: str, read: str) -> None:
    with farm._hosts["comp1"].machine.sessions.locked() as table:
        table.change(3, address=said)
    seen = look(farm)[3]
    assert seen["address"] == read
    farm.set_behaviour("comp1", "no-right")
    as_told, otherwise = line_of("if", "address", "like", read), line_of("if", "address", "like", said)
    replies = act(farm, target(seen), as_told, target(seen), otherwise)
    assert [each["verdict"] for each in replies] == ["refused", "changed"]


def test_all_conditions_must_hold_and_each_target_has_its_own(farm: Farm) -> None:
    seen = look(farm)
    yes, no = line_of("if", "user", "like", "*"), line_of("if", "client", "like", "none")
    replies = act(farm, target(seen[3]), yes, no, target(seen[5]), yes, target(seen[7]))
    assert [(each["target"], each["verdict"]) for each in replies] == [(0, "changed"), (1, "gone"), (2, "gone")]


UNDERSTOOD = line_of("target", 3, "CORP", "alice", 1, 4, 0, 1)
WRONG = {
    "no operation": ["reboot"],
    "a list of something": ["list", line_of("wait", 1)],
    "no base64": ["logoff", "wait ?"],
    "no number": ["logoff", line_of("wait", "soon")],
    "a message without a title": ["message", line_of("say", "", "Go.")],
    "words for a logoff": ["logoff", line_of("say", "Alert", "Go.")],
    "an unknown word": ["logoff", line_of("hurry", 1)],
    "too few fields": ["logoff", line_of("target", 3, "CORP")],
    "nothing said of the console": ["logoff", line_of("target", 3, "CORP", "alice", 1, 4, 0)],
    "no number for the console": ["logoff", line_of("target", 3, "CORP", "alice", 1, 4, 0, "no")],
    "a condition of nobody": ["logoff", line_of("if", "user", "like", "*")],
    "an unknown field": ["logoff", UNDERSTOOD, line_of("if", "mood", "like", "*")],
    "an unknown operator": ["logoff", UNDERSTOOD, line_of("if", "user", "is", "*")],
}


@pytest.mark.parametrize("request_lines", WRONG.values(), ids=WRONG)
def test_a_request_that_cannot_be_understood_touches_nothing(farm: Farm, request_lines: list[str]) -> None:
    (reply,) = ask(farm, "comp1", request_lines, AGENT)
    assert (reply["error"]["where"], reply["error"]["code"]) == ("request", 87)
    assert reply["error"]["message64"]
    assert farm.calls("comp1") == []


@pytest.mark.slow
def test_hanging_refused_and_replaced_sessions_have_their_verdicts(farm: Farm) -> None:
    alice = target(look(farm, "hangs")[3])
    first, second = (act(farm, alice, host="hangs", wait=1)[0] for _ in range(2))
    assert (first["verdict"], first["code"]) == ("still_closing", 0)
    assert (second["verdict"], second["code"]) == ("still_closing", 7007)
    assert first["waited_ms"] >= 1000
    (refused,) = act(farm, target(look(farm, "no-right")[3]), host="no-right")
    assert (refused["verdict"], refused["code"], refused["why"]) == ("refused", 5, "WTSLogoffSession")
    (changed,) = act(farm, target(look(farm, "replaced")[3]), host="replaced")
    assert (changed["verdict"], changed["why"], changed["seen"]["user"]) == ("changed", "person", "mallory")


@pytest.mark.slow
def test_the_waiting_time_is_that_of_all_sessions_together(farm: Farm) -> None:
    """Each takes two seconds to close, and the call waits three."""
    seen = look(farm)
    farm.set_behaviour("comp1", "delayed", seconds=2)
    replies = act(farm, target(seen[3]), target(seen[5]), wait=3)
    assert [each["verdict"] for each in replies] == ["gone", "still_closing"]
    assert [call[:2] for call in farm.calls("comp1")] == [("logoff", 3), ("logoff", 5)]


def test_a_refusal_names_its_function_and_a_refused_list_touches_nobody(farm: Farm) -> None:
    seen = look(farm)
    farm.set_behaviour("comp1", "no-right")
    requests = {
        "WTSLogoffSession": ["logoff", line_of("wait", 5)],
        "WTSDisconnectSession": ["disconnect", line_of("wait", 5)],
        "WTSSendMessageW": ["message", line_of("say", "Alert", "Go.")],
    }
    for function, request in requests.items():
        (refused,) = ask(farm, "comp1", [*request, target(seen[5])], AGENT)
        assert (refused["verdict"], refused["code"], refused["why"]) == ("refused", 5, function)
    farm.set_behaviour("comp1", "no-right", at="list", code=7045)
    for request in (["list"], [*requests["WTSLogoffSession"], target(seen[5])]):
        (failed,) = ask(farm, "comp1", request, AGENT)
        assert (failed["error"]["where"], failed["error"]["code"]) == ("WTSEnumerateSessionsExW", 7045)
    assert {call.code for call in farm.calls("comp1")} == {5}


TROUBLE: dict[str, tuple[str, Change, int]] = {
    "a refused list": ("no-right", {"at": "list", "code": 7045}, 7045),
    "an empty list": ("empty", {}, 5),
    "a refused session": ("unreadable", {"id": 3, "what": "user", "code": 1722}, 1722),
    "a session answered too short": ("unreadable", {"id": 3, "manner": "short"}, 13),
}


@pytest.mark.parametrize(("behaviour", "options", "code"), TROUBLE.values(), ids=TROUBLE)
def test_a_look_that_fails_while_waiting_is_no_answer(farm: Farm, behaviour: str, options: Change, code: int) -> None:
    """The code is that of the last look that failed, also when the session goes on later than that."""
    alice = target(look(farm)[3])
    farm.set_behaviour("comp1", "delayed", seconds=60)
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(act, farm, alice, wait=2)
        farm.wait_until(lambda: bool(farm.calls("comp1")))
        farm.set_behaviour("comp1", behaviour, **options)
        (reply,) = waiting.result()
    assert (reply["verdict"], reply["code"], reply["seen"]["id"]) == ("still_closing", code, 3)


def test_a_session_that_is_seen_gone_after_looks_that_failed_is_gone(farm: Farm) -> None:
    alice = target(look(farm)[3])
    farm.set_behaviour("comp1", "delayed", seconds=1.5)
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(act, farm, alice, wait=10)
        farm.wait_until(lambda: bool(farm.calls("comp1")))
        farm.set_behaviour("comp1", "no-right", at="list")
        farm.wait_until(lambda: 3 not in [each["id"] for each in farm.sessions("comp1")])
        farm.set_behaviour("comp1", "none")
        (reply,) = waiting.result()
    assert (reply["verdict"], reply["code"], reply["seen"]) == ("gone", 0, None)


def test_a_session_that_changes_hands_during_the_act_before_it_is_not_touched(farm: Farm) -> None:
    seen = look(farm)
    farm.set_behaviour("comp1", "taken-over", id=5)
    replies = act(farm, target(seen[3]), target(seen[5]), target(seen[7]))
    assert [(each["verdict"], each["why"]) for each in replies] == [("gone", ""), ("changed", "person"), ("gone", "")]
    assert replies[1]["seen"]["user"] == "mallory"
    assert [call.session_id for call in farm.calls("comp1")] == [3, 7]
