"""Property bags as replies: what they may hold, and what is no answer."""

from __future__ import annotations

from typing import Any

import pytest
from pypsrp.complex_objects import GenericComplexObject

from adapters.windows.agent.replies import HostReply, Listed, MalformedReply
from adapters.windows.jea import objects
from adapters.windows.jea.clixml import LONGEST_MESSAGE, BoundedSerializer
from adapters.windows.winrm.http_adapter import MOST_TAGS, OutOfBounds
from bot.domain.session import SessionState
from tests.support.cases import for_each

TEXTS = dict.fromkeys(("WindowStationName", "DomainName", "User", "ClientName", "IPAddress", "ClientDisplay"), "")
TIMES = dict.fromkeys(("LoginTime", "ConnectTime", "DisconnectTime", "LastInputTime", "CurrentTime"), 0)
NUMBERS = {"StateCode": 4, "ProtocolCode": 2, "ClientBuildNumber": 0, "ErrorCode": 0, "CutLetters": 0}
STEM = {"ModuleVersion": "0.1.0", "Server": "COMP1", "DnsName": "comp1"}
SESSION: dict[str, Any] = STEM | {"SessionId": 3, "UnreadParts": ""} | TEXTS | TIMES | NUMBERS
SEEN = {f"Seen{name}": value for name, value in ({"UnreadParts": ""} | TEXTS | TIMES | NUMBERS).items()}
RESULT: dict[str, Any] = (
    STEM | {"SessionId": 3, "Verdict": "gone", "Code": 0, "Why": "", "WaitedMs": 0, "HasSeen": True} | SEEN
)
HALF = "ali\ud83d"


def test_a_list_is_the_host_and_its_sessions() -> None:
    alice = SESSION | {
        "User": "alice",
        "DomainName": "CORP",
        "UnreadParts": "client=5 times=-2147023174",
        "StateCode": 0,
    }
    host, first, second = objects.listed([SESSION, alice | {"SessionId": 5}])
    assert isinstance(host, HostReply)
    assert isinstance(second, Listed)
    assert (host.machine.dns, host.machine.netbios) == ("comp1", "COMP1")
    assert (second.session.account.user, second.session.state) == ("alice", SessionState.ACTIVE)
    assert second.session.unread == {"client": 5, "times": 1722}
    assert isinstance(first, Listed)


@for_each("name", [*SESSION])
def test_a_session_that_lacks_anything_is_no_answer(name: str) -> None:
    bag = {each: value for each, value in SESSION.items() if each != name}
    with pytest.raises(MalformedReply):
        assert [objects.version_of(bag), objects.listed([SESSION, bag])] == []


@for_each("name", [*RESULT])
def test_a_result_that_lacks_anything_is_no_answer(name: str) -> None:
    bag = {each: value for each, value in RESULT.items() if each != name}
    if name in ("Server", "DnsName"):
        return  # an act names the machine in the order, and the host compares it
    with pytest.raises(MalformedReply):
        assert [objects.version_of(bag), objects.ended([bag], 0, 3)] == []


@for_each(
    ("name", "value"),
    [
        *(("SessionId", value) for value in (-1, 2**32, "three", None, 3.5)),
        *(("LoginTime", value) for value in ("", "soon", None)),
        *(("UnreadParts", value) for value in ("client", "client=", "client=five", 5, None)),
        ("User", None),
        ("User", 5),
        ("User", ["alice"]),
        *(("CutLetters", value) for value in (-1, None)),
        ("Server", "ANOTHER"),
        ("DnsName", "another"),
    ],
)
def test_a_session_of_another_form_is_no_answer(name: str, value: object) -> None:
    with pytest.raises(MalformedReply):
        objects.listed([SESSION, SESSION | {name: value}])


@for_each("bags", [[], [RESULT, RESULT], [RESULT | {"SessionId": 5}], [{}], [RESULT | {"HasSeen": "True"}]])
def test_a_result_is_one_and_that_of_the_order(bags: list[dict[str, Any]]) -> None:
    with pytest.raises(MalformedReply):
        objects.ended(bags, 0, 3)


def test_odd_numbers_and_halves_of_letters_are_taken_as_in_a_reply_of_the_script() -> None:
    odd = SESSION | {"User": HALF, "StateCode": 77, "ProtocolCode": 2**40, "ErrorCode": -2147023174, "LoginTime": -5}
    _, listed = objects.listed([odd])
    assert isinstance(listed, Listed)
    session = listed.session
    assert (session.user, session.state, session.protocol) == ("ali\N{REPLACEMENT CHARACTER}", SessionState.UNKNOWN, 0)
    assert (session.error, session.logon) == (1722, -5)


@for_each(
    ("version", "is_old"),
    [
        ("0.1.0", False),
        ("0.1", False),
        ("0.1.0.7", False),
        ("1", False),
        ("0.0.9", True),
        ("0", True),
        ("0.0.99", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, *, is_old: bool) -> None:
    assert objects.is_too_old(objects.version_of(STEM | {"ModuleVersion": version})) is is_old


@for_each("version", ["", "newest", "1.", "1.2.3.4.5", "1.-2", "\u0661", "9" * 10, None, 1])
def test_what_is_no_version_is_no_answer(version: object) -> None:
    with pytest.raises(MalformedReply):
        objects.version_of({"ModuleVersion": version})


# The XML


def deserialized(text: str) -> Any:
    return BoundedSerializer().deserialize(text)


@for_each(
    ("written", "read"),
    [
        ("alice", "alice"),
        ("_xD83D__xDE00_", "\U0001f600"),
        ("ali_xD83D_", HALF),
        ("a_x005F_x0041_b", "a_x0041_b"),
        ("_x000D__x000A_", "\r\n"),
        ("", ""),
    ],
)
def test_texts_come_to_the_letter_with_halves_of_letters(written: str, read: str) -> None:
    thing = deserialized(f'<Obj RefId="0"><Props><S N="User">{written}</S></Props></Obj>')
    assert isinstance(thing, GenericComplexObject)
    assert thing.adapted_properties == {"User": read}


@for_each(
    "text",
    [
        "<!DOCTYPE a [<!ENTITY b 'c'>]><S>&b;</S>",
        f"<S>{'x' * LONGEST_MESSAGE}</S>",
        f"<Obj RefId='0'>{'<S/>' * (MOST_TAGS + 1)}</Obj>",
    ],
)
def test_an_object_that_would_cost_a_lot_is_refused_before_it_is_parsed(text: str) -> None:
    with pytest.raises(OutOfBounds):
        deserialized(text)
