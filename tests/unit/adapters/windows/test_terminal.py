"""`WinRmTerminal` over a scripted shell: what it repeats, and what it refuses to believe."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from adapters.windows.agent import errors as agent_errors
from adapters.windows.agent import startup
from adapters.windows.agent.verdicts import CODES, RIGHTS
from adapters.windows.errors import INCOMPLETE
from adapters.windows.shell import Chunk
from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm import errors, logon_gate
from bot.cards import verdict_words
from bot.domain.logons import Suspension
from bot.domain.request import Target
from bot.domain.session import Account, SessionState
from bot.domain.verdicts import Reason, Verdict
from bot.errors import BadReply, CannotCompile, NoRight, TerminalError, TimedOut, Unreachable
from bot.ports.terminal import Order
from tests.support.builders import NOW, session
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Generator

WITHIN = timedelta(seconds=8)
PAGE = ROOT / "docs" / "windows.md"
MISCOMPILED = [{"error": {"where": "Add-Type", "code": 0, "message64": ""}}, {"end": 1}]
COMP1 = {"host": {"name": "COMP1", "dns": "comp1", "pointer": 8, "now": "1"}}
TEXTS = dict.fromkeys(("station", "domain", "user", "client", "address", "display"), "")
TIMES = dict.fromkeys(("logon", "connect", "disconnect", "input", "now"), "0")
SERVICES = {"session": {"id": 0, "state": 4, "protocol": 0, "build": 0, "error": 0} | TEXTS | TIMES}
NOBODY_THERE = [COMP1, SERVICES, {"end": 2}]


class ScriptedShell:
    """Each call takes the next answer: objects to frame, or an error to raise."""

    def __init__(self, *answers: list[Any] | TerminalError) -> None:
        self._answers = list(answers)
        self.requests: list[str] = []
        self.times: list[timedelta] = []
        self.closed = 0

    def run(self, host: str, payload: bytes, *, within: timedelta) -> Generator[Chunk]:
        assert host == "comp1"
        assert timedelta(0) < within <= WITHIN
        found = re.match(rb"\$nonce = '([0-9a-f]{32})'\n\$request = @'\n(.*?)\n'@\n", payload, re.DOTALL)
        assert found
        self.times.append(within)
        self.requests.append(found[2].decode("ascii"))
        answer = self._answers.pop(0)
        try:
            if isinstance(answer, TerminalError):
                raise answer
            for each in answer:
                yield Chunk(stdout=b"%b%b%b\n" % (found[1], json.dumps(each).encode("ascii"), found[1]))
            yield Chunk()
        finally:
            self.closed += 1


def order(session_id: int = 3) -> Order:
    alice = Account(domain="CORP", user="alice")
    return Order(
        session_id=session_id,
        account=alice,
        logon=1,
        said_state=SessionState.DISCONNECTED,
        even_if_active=False,
        conditions=(),
    )


def ended(target: int, verdict: str, code: int = 0, why: str = "") -> dict[str, Any]:
    return {"target": target, "verdict": verdict, "code": code, "why": why, "waited_ms": 0, "seen": None}


def lost(*, delivered: bool) -> Unreachable:
    return Unreachable("comp1 hung up.", host="comp1", delivered=delivered)


def test_a_list_whose_answer_was_lost_is_asked_for_once_more() -> None:
    shell = ScriptedShell(lost(delivered=True), NOBODY_THERE)
    assert [each.id for each in WinRmTerminal(shell).sessions("comp1", within=WITHIN)] == [0]
    assert shell.requests == ["list", "list"]


@pytest.mark.parametrize("error", [lost(delivered=False), TimedOut("Late.", host="comp1", delivered=True)])
def test_a_list_that_another_try_would_not_help_is_not_repeated(error: TerminalError) -> None:
    shell = ScriptedShell(error)
    with pytest.raises(type(error)):
        WinRmTerminal(shell).sessions("comp1", within=WITHIN)
    assert len(shell.requests) == 1


def test_a_session_that_is_told_in_two_ways_is_unreadable_and_stands_once() -> None:
    three, other = SERVICES["session"] | {"id": 3, "user": "alice"}, SERVICES["session"] | {"id": 3, "user": "mallory"}
    twice = [COMP1, {"session": three}, SERVICES, {"session": three}, {"end": 4}]
    torn = [COMP1, {"session": three}, SERVICES, {"session": other}, {"session": three}, {"end": 5}]
    terminal = WinRmTerminal(ScriptedShell(twice, torn))
    assert [(each.id, each.error) for each in terminal.sessions("comp1", within=WITHIN)] == [(0, 0), (3, 0)]
    assert [(each.id, each.error) for each in terminal.sessions("comp1", within=WITHIN)] == [(0, 0), (3, 13)]


@pytest.mark.parametrize(
    "second",
    [
        TimedOut("Late.", host="comp1", delivered=True),
        NoRight("No right.", host="comp1"),
        BadReply("Odd.", host="comp1"),
    ],
)
def test_a_list_that_fails_otherwise_the_second_time_says_that(second: TerminalError) -> None:
    shell = ScriptedShell(lost(delivered=True), second)
    with pytest.raises(type(second)) as caught:
        WinRmTerminal(shell).sessions("comp1", within=WITHIN)
    assert (caught.value, len(shell.requests)) == (second, 2)


@pytest.mark.parametrize("second", [lost(delivered=False), TimedOut("Late.", host="comp1", delivered=True)])
def test_an_act_that_fails_otherwise_after_a_failed_compilation_says_that(second: TerminalError) -> None:
    shell = ScriptedShell(MISCOMPILED, second)
    with pytest.raises(type(second)) as caught:
        list(WinRmTerminal(shell).log_off("comp1", [order()], wait=None, within=WITHIN))
    assert (caught.value, len(shell.requests)) == (second, 2)


def test_a_repetition_has_the_rest_of_the_time_and_there_is_none_without_a_rest() -> None:
    shell = ScriptedShell(lost(delivered=True), NOBODY_THERE)
    WinRmTerminal(shell).sessions("comp1", within=WITHIN)
    first, second = shell.times
    assert second < first <= WITHIN
    with pytest.raises(Unreachable):
        WinRmTerminal(again := ScriptedShell(lost(delivered=True))).sessions("comp1", within=timedelta(seconds=0.4))
    assert len(again.requests) == 1


@pytest.mark.parametrize("first", [lost(delivered=True), MISCOMPILED])
def test_at_a_computer_without_repetition_everything_is_asked_once(first: list[Any] | TerminalError) -> None:
    asked: list[str] = []

    def repeats(host: str) -> bool:
        asked.append(host)
        return False

    for act in (
        lambda it: it.sessions("comp1", within=WITHIN),
        lambda it: list(it.log_off("comp1", [order()], wait=None, within=WITHIN)),
    ):
        shell = ScriptedShell(first)
        with pytest.raises((Unreachable, CannotCompile)):
            act(WinRmTerminal(shell, repeats=repeats))
        assert len(shell.requests) == 1
    assert set(asked) == {"comp1"}


def test_a_logoff_whose_answer_was_lost_is_never_repeated() -> None:
    shell = ScriptedShell(lost(delivered=True))
    with pytest.raises(Unreachable) as caught:
        list(WinRmTerminal(shell).log_off("comp1", [order()], wait=None, within=WITHIN))
    assert caught.value.delivered
    assert len(shell.requests) == 1


def test_a_failed_compilation_is_tried_once_more_because_nothing_was_run() -> None:
    shell = ScriptedShell(MISCOMPILED, [ended(0, "gone"), {"end": 1}])
    answers = list(WinRmTerminal(shell).log_off("comp1", [order()], wait=timedelta(seconds=1), within=WITHIN))
    assert [answer.verdict for answer in answers] == [Verdict.GONE]
    again = ScriptedShell(MISCOMPILED, MISCOMPILED)
    with pytest.raises(CannotCompile):
        WinRmTerminal(again).sessions("comp1", within=WITHIN)


@pytest.mark.parametrize(
    "answer",
    [
        [ended(0, "gone"), {"end": 1}],
        [ended(1, "gone"), ended(0, "gone"), {"end": 2}],
        [ended(0, "gone"), ended(1, "gone"), ended(2, "gone"), {"end": 3}],
        [*NOBODY_THERE],
    ],
    ids=["one missing", "wrong order", "one too many", "a list"],
)
def test_answers_that_do_not_fit_the_orders_are_a_bad_reply(answer: list[Any]) -> None:
    shell = ScriptedShell(answer)
    with pytest.raises(BadReply) as caught:
        list(WinRmTerminal(shell).log_off("comp1", [order(3), order(5)], wait=None, within=WITHIN))
    assert caught.value.delivered


@for_each(
    ("line", "verdict", "reason"),
    [
        (ended(0, "gone"), Verdict.GONE, None),
        (ended(0, "requested"), None, None),
        (ended(0, "absent"), Verdict.ALREADY_GONE, None),
        (ended(0, "changed", why="filter"), Verdict.CHANGED, Reason.NO_LONGER_MATCHES),
        (ended(0, "protected", why="no user"), Verdict.SKIPPED, Reason.NO_USER),
        (ended(0, "still_closing", code=7007), Verdict.STILL_CLOSING, None),
        (ended(0, "disconnected", why="already"), Verdict.DISCONNECTED, Reason.ALREADY),
        (ended(0, "sent"), Verdict.SENT, None),
    ],
)
def test_every_verdict_of_the_agent_has_its_word_in_the_core(
    line: dict[str, Any], verdict: Verdict | None, reason: Reason | None
) -> None:
    shell = ScriptedShell([line, {"end": 1}])
    (answer,) = WinRmTerminal(shell).log_off("comp1", [order()], wait=None, within=WITHIN)
    assert (answer.verdict, answer.code, answer.reason, answer.note) == (verdict, line["code"], reason, "")


@for_each("code", [*CODES, 87, 1722])
def test_every_code_of_a_refusal_has_its_verdict(code: int) -> None:
    shell = ScriptedShell([ended(0, "refused", code=code, why="WTSDisconnectSession"), {"end": 1}])
    (answer,) = WinRmTerminal(shell).disconnect("comp1", [order()], wait=None, within=WITHIN)
    row = CODES.get(code)
    assert (answer.verdict, answer.code) == (row.verdict if row else Verdict.FAILED, code)
    assert answer.note == ("Disconnect" if answer.verdict is Verdict.NO_RIGHT else "WTSDisconnectSession")


@pytest.mark.parametrize("code", [0x80070005, -2147024891])
def test_a_refusal_in_the_words_of_com_is_the_same_refusal(code: int) -> None:
    shell = ScriptedShell([ended(0, "refused", code=code, why="WTSLogoffSession"), {"end": 1}])
    (answer,) = WinRmTerminal(shell).log_off("comp1", [order()], wait=None, within=WITHIN)
    assert (answer.verdict, answer.code, answer.reason) == (Verdict.NO_RIGHT, 5, Reason.MISSING_RIGHT)


def test_the_codes_and_the_rights_stand_in_the_operators_page() -> None:
    page = PAGE.read_text("utf-8")
    assert all(f"| {code} | {row.name} | `{row.verdict}` |" in page for code, row in CODES.items())
    assert all(right in page for both in RIGHTS.values() for right in both.split(" and "))


def test_what_the_operators_page_quotes_is_what_the_bot_says() -> None:
    rows = [*errors.WSMAN.values(), *errors.HTTP.values(), *(row for _, row in errors._FOREIGN)]
    rows += [agent_errors.CONSTRAINED, agent_errors.MISCOMPILED, INCOMPLETE, errors.NO_TURN]
    rows += [logon_gate.WAITED, logon_gate.NOBODY_KNOWS]
    rows += [logon_gate.fault_of(Suspension(until=NOW, refused_at=at)) for at in (None, NOW)]
    said = "\n".join(
        [*(row.message for row in rows), verdict_words.verdict(Target(session=session(3), verdict=Verdict.UNKNOWN))]
    )
    _, table = PAGE.read_text("utf-8").split("| it says |")
    quoted = re.findall(r"^\| ([^|]+) \|", table.split("\n\n")[0], re.MULTILINE)
    assert len(quoted) > 8
    assert [each for each in quoted if each not in said and each not in said.replace("{host} ", "")] == []


def test_what_the_operators_page_quotes_of_programs_that_do_not_run_is_what_the_bot_says() -> None:
    rows = [*(fault for _, fault in startup.IDENTIFIERS), *startup.CODES.values(), *startup.EXIT_CODES.values()]
    refused = startup.of_add_type(code=0, kind="", identifier="", message="error CS0583")
    said = "\n".join(row.message for row in (*rows, startup.NEVER_STARTED, refused))
    _, table = PAGE.read_text("utf-8").split("| it says of its program |")
    quoted = re.findall(r"^\| ([^|]+) \|", table.split("\n\n")[0], re.MULTILINE)[1:]
    assert len(quoted) > 8
    assert [each for each in quoted if each not in said] == []


def test_a_message_whose_answer_was_lost_is_never_repeated() -> None:
    shell = ScriptedShell(lost(delivered=True))
    with pytest.raises(Unreachable):
        list(WinRmTerminal(shell).message("comp1", [order()], title="Alert", text="Go.", within=WITHIN))
    assert len(shell.requests) == 1


def test_a_failed_compilation_after_an_answer_is_not_believed_and_nothing_is_repeated() -> None:
    shell = ScriptedShell([ended(0, "sent"), MISCOMPILED[0], {"end": 2}])
    with pytest.raises(BadReply) as caught:
        list(WinRmTerminal(shell).message("comp1", [order(3), order(5)], title="Alert", text="Go.", within=WITHIN))
    assert (caught.value.delivered, len(shell.requests)) == (True, 1)


def test_an_agent_that_fell_over_may_have_acted() -> None:
    fallen = [{"error": {"where": "Run", "code": 0, "message64": ""}}, {"end": 1}]
    with pytest.raises(TerminalError) as caught:
        list(WinRmTerminal(ScriptedShell(fallen)).log_off("comp1", [order()], wait=None, within=WITHIN))
    assert caught.value.delivered


def test_answers_come_while_the_host_still_works_and_leaving_early_ends_the_call() -> None:
    shell = ScriptedShell([ended(0, "gone"), ended(1, "gone"), {"end": 2}])
    answers = WinRmTerminal(shell).log_off("comp1", [order(3), order(5)], wait=None, within=WITHIN)
    assert next(answers).session_id == 3
    assert shell.closed == 0
    answers.close()  # type: ignore[attr-defined]  # the adapter gives a generator
    assert shell.closed == 1


def test_every_call_has_its_own_nonce() -> None:
    nonces = iter(["1" * 32, "2" * 32])
    shell = ScriptedShell(NOBODY_THERE, NOBODY_THERE)
    terminal = WinRmTerminal(shell, new_nonce=lambda: next(nonces))
    terminal.sessions("comp1", within=WITHIN)
    terminal.sessions("comp1", within=WITHIN)
    assert next(nonces, None) is None


def test_a_list_of_nothing_is_no_answer() -> None:
    with pytest.raises(NoRight, match="Query Information"):
        WinRmTerminal(ScriptedShell([COMP1, {"end": 1}])).sessions("comp1", within=WITHIN)


@for_each(
    "answer",
    [
        [{"end": 0}],
        [SERVICES, {"end": 1}],
        [SERVICES, COMP1, {"end": 2}],
        [COMP1, SERVICES, COMP1, {"end": 3}],
        [COMP1, SERVICES, ended(0, "gone"), {"end": 3}],
        [ended(0, "gone"), COMP1, SERVICES, {"end": 3}],
    ],
    ids=["nothing", "no host", "the host last", "two hosts", "an answer", "an answer first"],
)
def test_a_list_is_one_host_and_then_sessions_and_anything_else_is_a_bad_reply(answer: list[Any]) -> None:
    shell = ScriptedShell(answer)
    with pytest.raises(BadReply) as caught:
        WinRmTerminal(shell).sessions("comp1", within=WITHIN)
    assert (caught.value.delivered, shell.closed) == (True, 1)


def test_a_list_without_the_services_is_taken_and_logged_once_for_its_host() -> None:
    alice = {"session": SERVICES["session"] | {"id": 3, "user": "alice", "domain": "CORP"}}
    some, all_of_them = [COMP1, alice, {"end": 2}], [COMP1, SERVICES, alice, {"end": 3}]
    terminal = WinRmTerminal(ScriptedShell(all_of_them, some, some))
    with capture_logs() as logs:
        lengths = [len(terminal.sessions("comp1", within=WITHIN)) for _ in range(3)]
    assert lengths == [2, 1, 1]
    assert [(log["event"], log["host"], log["sessions"]) for log in logs] == [
        ("windows.no_services_session", "comp1", 1)
    ]


def test_a_failed_call_is_logged_with_what_the_host_said() -> None:
    said = NoRight("comp1 says no.", host="comp1", words="Zugriff verweigert.", phase="create")
    with capture_logs() as logs, pytest.raises(NoRight):
        WinRmTerminal(ScriptedShell(said)).sessions("comp1", within=WITHIN)
    assert logs == [
        {
            "event": "windows.call_failed",
            "log_level": "warning",
            "host": "comp1",
            "code": "no_right",
            "phase": "create",
            "words": "Zugriff verweigert.",
        }
    ]


def test_what_was_said_before_a_second_try_is_in_the_log_too() -> None:
    row = {"error": {"where": "Add-Type", "code": 0, "message64": "Q1MxNTA0"}}
    with capture_logs() as logs:
        WinRmTerminal(ScriptedShell([row, {"end": 1}], NOBODY_THERE)).sessions("comp1", within=WITHIN)
    assert [(log["phase"], log["words"]) for log in logs] == [("Add-Type", "CS1504")]
