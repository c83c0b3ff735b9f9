from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.windows.agent.replies import MAX_LINE, HostReply, Listed, Reply, read
from adapters.windows.errors import LONGEST_WORDS
from adapters.windows.shell import Chunk
from bot.domain.session import NOT_NAMED, Account, Machine, SessionState
from bot.errors import BadReply, CannotCompile, NoRight, TerminalError, TimedOut, WrongMachine
from tests.support.cases import for_each

NONCE = "0123456789abcdef" * 2
HOST = {"host": {"name": "COMP1", "dns": "comp1", "pointer": 8, "now": "134088480000000000"}}


def session(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": 3,
        "state": 4,
        "station": "",
        "domain": "CORP",
        "user": "josé",
        "client": "LAPTOP-7",
        "address": "10.0.4.17",
        "protocol": 2,
        "build": 19045,
        "display": "1920x1080x32",
        "logon": "134087000000000001",
        "connect": "0",
        "disconnect": "134087000000000002",
        "input": "0",
        "now": "134088480000000000",
        "error": 0,
    }
    return {"session": fields | changes}


def framed(*objects: object, nonce: str = NONCE) -> bytes:
    return b"".join(f"{nonce}{json.dumps(each)}{nonce}\n".encode("ascii") for each in objects)


def replies(*pieces: bytes, stderr: bytes = b"", exit_code: int | None = None) -> list[Reply]:
    last = Chunk(stderr=stderr, exit_code=exit_code)
    return list(read("comp1", NONCE, [*(Chunk(stdout=piece) for piece in pieces), last]))


def refusal(*pieces: bytes, stderr: bytes = b"", exit_code: int | None = None) -> TerminalError:
    with pytest.raises(TerminalError) as caught:
        replies(*pieces, stderr=stderr, exit_code=exit_code)
    return caught.value


def test_a_whole_list_is_read_with_its_ticks_exact() -> None:
    host, listed = replies(framed(HOST, session(), {"end": 2}))
    assert isinstance(host, HostReply)
    assert isinstance(listed, Listed)
    assert host.machine == Machine(dns="comp1", netbios="COMP1")
    seen = listed.session.on("comp1", host.machine)
    assert seen.machine == host.machine
    assert seen.account == Account(domain="CORP", user="josé")
    assert (seen.logon, seen.state, seen.host) == (134_087_000_000_000_001, SessionState.DISCONNECTED, "comp1")


@given(st.lists(st.integers(min_value=0, max_value=900)))
def test_it_does_not_matter_where_the_stream_is_cut(places: list[int]) -> None:
    text = framed(HOST, session(), {"end": 2})
    cuts = [0, *sorted(places), len(text)]
    assert replies(*(text[a:b] for a, b in pairwise(cuts))) == replies(text)


def test_what_stands_outside_the_nonces_is_not_looked_at() -> None:
    other = framed({"end": 0}, nonce="f" * 32)
    assert len(replies(b"Welcome\r\n\n", other, b"noise " + framed(HOST), framed({"end": 1}))) == 1


def test_windows_line_ends_change_nothing() -> None:
    assert len(replies(framed(HOST, {"end": 1}).replace(b"\n", b"\r\n"))) == 1


def test_what_comes_after_the_end_is_not_looked_at() -> None:
    assert replies(framed({"end": 0}, session()) + NONCE.encode() + b"torn\n") == []


@for_each(
    "output",
    [
        b"",
        b"all went well\n",
        framed(HOST, session()),
        framed(HOST, session(), {"end": 1}),
        framed(HOST, session(), {"end": 3}),
        framed(HOST, session(), {"end": 2})[:-1],
        framed(HOST, {"end": 1}, nonce="0" * 32),
        framed(HOST)[:40] + b"\n" + framed({"end": 1}),
        framed([1]),
        framed({"surprise": 1}, {"end": 1}),
        framed({"end": "many"}),
        NONCE.encode() + b'{"session": ' + b"[" * 100_000 + NONCE.encode() + b"\n",
        framed(session(logon="today"), {"end": 1}),
        framed(session(id=-1), {"end": 1}),
        framed(session(id=2**32), {"end": 1}),
        framed({"target": 0, "verdict": "splendid", "code": 0, "why": "", "waited_ms": 0, "seen": None}, {"end": 1}),
        NONCE.encode() + "{'josé'}".encode() + NONCE.encode() + b"\n",
        NONCE.encode() + b"x" * (MAX_LINE + 1),
    ],
    ids=[
        "nothing",
        "no frame",
        "no end",
        "too few announced",
        "too many announced",
        "torn end",
        "wrong nonce",
        "torn line",
        "no object",
        "unknown kind",
        "end without a number",
        "nothing but brackets",
        "ticks in words",
        "an id below 0",
        "an id too large",
        "unknown verdict",
        "no JSON",
        "endless line",
    ],
)
def test_anything_less_than_a_whole_answer_is_a_bad_reply_that_may_have_acted(output: bytes) -> None:
    error = refusal(output)
    assert isinstance(error, BadReply)
    assert error.delivered
    assert error.host == "comp1"


@for_each(
    "odd",
    [
        *({name: value} for name in ("logon", "connect", "disconnect", "input", "now") for value in ("", "1.5", None)),
        {"id": "three"},
        {"id": None},
        {"protocol": None},
        {"build": "new"},
        {"user": None},
        {"client": 5},
        {"error": 2**40},
        {"unread": {"client": 2**33}},
        {"cut": -1},
        {"cut": "some"},
    ],
)
def test_a_value_that_the_agent_cannot_write_costs_the_host(odd: dict[str, Any]) -> None:
    assert isinstance(refusal(framed(HOST, session(id=4), session(**odd), {"end": 3})), BadReply)


@for_each(
    ("odd", "read"),
    [
        ({"state": 17}, {"state": SessionState.UNKNOWN}),
        ({"state": -1}, {"state": SessionState.UNKNOWN}),
        ({"logon": "-1"}, {"logon": 0}),
        ({"disconnect": "9223372036854775807"}, {"disconnect": 0}),
        ({"input": "1"}, {"input": 0}),
        ({"error": -2147024891}, {"error": 5}),
        ({"error": 0x80070005}, {"error": 5}),
        ({"error": 0x80040005}, {"error": 0x80040005}),
        ({"error": 0x80070000}, {"error": 0x80070000}),
        ({"error": -1}, {"error": 2**32 - 1}),
        ({"id": 0x80070005}, {"id": 0x80070005}),
        ({"id": 2**32 - 1}, {"id": 2**32 - 1}),
        ({"client": "x" * 200_000}, {"client": "x" * 256, "cut": 199_744}),
        ({"user": "x" * 200_000}, {"account": Account(domain="CORP", user="x" * 256), "cut": 199_744}),
        ({"user": "x" * 1024, "cut": 5}, {"account": Account(domain="CORP", user="x" * 256), "cut": 773}),
        ({"logon": "9" * 40}, {"logon": 0}),
        ({"now": str(-(2**63))}, {"now": 0, "idle": None}),
        ({"build": 10**30, "protocol": -(10**30)}, {"build": 0, "protocol": 0}),
        ({"unread": {"client": 5, "times": -1}}, {"unread_parts": (("client", 5), ("times", 2**32 - 1))}),
        ({"unread": {"mood": 5, "x" * 300: 5}}, {"unread_parts": ()}),
    ],
)
def test_an_odd_field_is_unknown_and_the_rest_of_the_answer_holds(odd: dict[str, Any], read: dict[str, Any]) -> None:
    _, listed, other = replies(framed(HOST, session(**odd), session(id=4), {"end": 3}))
    assert isinstance(listed, Listed)
    assert isinstance(other, Listed)
    seen = listed.session.on("comp1", NOT_NAMED)
    assert {name: getattr(seen, name) for name in read} == read
    assert other.session.on("comp1", NOT_NAMED).logon == 134_087_000_000_000_001


def test_replies_before_a_tear_are_given_and_none_after_it() -> None:
    stream = read(
        "comp1", NONCE, [Chunk(stdout=framed(HOST) + NONCE.encode() + b"{\n" + framed(session(), {"end": 2}))]
    )
    assert isinstance(next(stream), HostReply)
    with pytest.raises(BadReply):
        next(stream)


@pytest.mark.parametrize("identifier", ["MethodInvocationNotSupportedInConstrainedLanguage", "CannotDefineNewType"])
def test_constrained_language_mode_is_known_by_its_identifier_however_the_line_is_broken(identifier: str) -> None:
    text = f"    + FullyQualifiedErrorId : {identifier[:20]}\r\n   {identifier[20:]}\r\n"
    error = refusal(stderr=text.encode())
    assert isinstance(error, CannotCompile)
    assert not error.delivered
    assert "Constrained Language Mode" in error.message


@for_each(
    ("where", "code", "kind", "delivered"),
    [
        ("WTSEnumerateSessionsExW", 5, NoRight, False),
        ("WTSEnumerateSessionsExW", 0x80070005, NoRight, False),
        ("WTSEnumerateSessionsExW", -2147024891, NoRight, False),
        ("WTSEnumerateSessionsExW", 7040, TimedOut, False),
        ("WTSEnumerateSessionsExW", 1722, TerminalError, False),
        ("request", 87, BadReply, False),
        ("Add-Type", 0, CannotCompile, False),
        ("OutOfMemoryException", 0, BadReply, True),
        ("input", 13, TerminalError, False),
        ("machine", 0, WrongMachine, False),
        ("WTSEnumerateSessionsExW", 8, CannotCompile, False),
        ("TypeLoadException", 0, BadReply, True),
    ],
)
def test_the_agents_own_error_says_what_failed_and_whether_anybody_was_touched(
    where: str, code: int, kind: type[TerminalError], *, delivered: bool
) -> None:
    error = refusal(framed({"error": {"where": where, "code": code, "message64": ""}}, {"end": 1}))
    assert isinstance(error, kind)
    assert error.delivered is delivered
    assert "comp1" in error.message


@for_each("field", ["user", "domain", "client", "station", "address", "display"])
def test_half_a_surrogate_pair_in_a_name_is_shown_as_unreadable_and_the_list_is_whole(field: str) -> None:
    _, torn, fine = replies(framed(HOST, session(**{field: "a\ud83d"}), session(id=4, user="😀"), {"end": 3}))
    assert isinstance(torn, Listed)
    assert getattr(torn.session, field) == "a\N{REPLACEMENT CHARACTER}"
    assert isinstance(fine, Listed)
    assert fine.session.user == "😀"


def error_row(**fields: Any) -> dict[str, Any]:
    return {"error": {"where": "Run", "code": 0, "message64": ""} | fields}


@pytest.mark.parametrize("begun", [True, False])
def test_an_agent_that_says_that_it_had_not_begun_has_touched_nobody(begun: bool) -> None:  # noqa: FBT001 - the value
    error = refusal(framed(error_row(where="OutOfMemoryException", begun=begun), {"end": 1}))
    assert error.delivered is begun
    assert "memory" in error.message


SAID = base64.b64encode("Zugriff verweigert.\r\n\u202eevil".encode()).decode()


def test_what_windows_said_stays_with_the_error_as_one_plain_line() -> None:
    error = refusal(framed(error_row(where="Add-Type", message64=SAID), {"end": 1}))
    assert (error.words, error.phase) == ("Zugriff verweigert. \N{REPLACEMENT CHARACTER}evil", "Add-Type")
    torn = refusal(framed(HOST), stderr=b"x" * 100_000 + b"\n  the end\x1b[2J")
    assert len(torn.words) <= LONGEST_WORDS
    assert torn.words.endswith("the end [2J")


def test_words_that_are_no_base64_cost_the_words_alone() -> None:
    for odd in ("!!!", "\u00e9", "QQ"):
        error = refusal(framed(error_row(where="Add-Type", message64=odd), {"end": 1}))
        assert (error.words, type(error).__mro__[1]) == ("", CannotCompile)


def test_a_place_that_no_agent_names_is_bounded_like_all_words() -> None:
    error = refusal(framed(error_row(where="x\x1b" * 10_000), {"end": 1}))
    assert (len(error.phase) <= 60, "\x1b" in error.phase) == (True, False)
