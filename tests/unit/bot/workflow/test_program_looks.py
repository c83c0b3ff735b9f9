"""Who holds it: what runs in a session that still closes, for a person who may list it, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.holders import MOST_SESSIONS, NOT_LISTED, NOTHING_HANGS
from bot.domain.actions import Action
from bot.domain.program import Program
from bot.domain.request import ProgramsLook, WorkItem
from bot.domain.session import Account
from bot.domain.verdicts import Verdict
from bot.errors import NoRight, NotOwner, Unreachable
from bot.policy.model import Rule
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import ON_CALL, ONCALL, BotHarness

if TYPE_CHECKING:
    from bot.domain.request import Request

EXCEL = Program(name="EXCEL.EXE", cpu=timedelta(minutes=12), memory=1_288_490_188)
IDLE = Program(name="idle.exe", cpu=timedelta(), memory=5_242_880)


def hanging(harness: BotHarness, text: str = "comp1 id=3 --sync") -> Request:
    """Return the request, whose session was asked to go and is still there at the end."""
    harness.terminal.hang("comp1", 3)
    harness.terminal.running["comp1", 3] = [IDLE, EXCEL]
    request = harness.ask_and_run(text)
    harness.approve_and_run()
    request = harness.wait(timedelta(minutes=3))
    assert harness.target(request, "comp1", 3).verdict is Verdict.STILL_CLOSING
    return request


def labels(harness: BotHarness, request: Request) -> list[str]:
    return [button.label for button in harness.card_of(request).buttons]


def test_what_runs_is_shown_to_the_presser_alone_the_busiest_first() -> None:
    harness = BotHarness()
    request = hanging(harness)
    assert labels(harness, request) == ["Try again 1", "Who holds it"]
    shown = len(harness.chat.shown)
    harness.press("holders", by=b.OTHER)
    harness.run()
    answer = harness.told(b.OTHER)[-1]
    assert "EXCEL.EXE: 12 minutes of CPU time, 1.2 GB\nidle.exe: no second of CPU time, 5.0 MB" in answer
    assert "EXCEL" not in "".join(harness.told(b.ASKER))
    assert len(harness.chat.shown) == shown
    assert harness.find(request.id).version == request.version


def test_the_log_has_who_looked_and_how_many_and_no_program() -> None:
    harness = BotHarness()
    request = hanging(harness)
    harness.press("holders", by=b.OTHER)
    harness.run()
    entry = harness.ledger.entries(request_id=request.id)[-1]
    assert (entry.event, entry.reason_code, entry.actor) == ("noted", "programs_shown", b.OTHER.user_id)
    assert entry.text == "comp1 session 3: 2 programs"
    assert not any("EXCEL" in str(each) for each in harness.ledger.entries())
    assert "EXCEL" not in str(harness.find(request.id))


def test_who_may_not_list_there_is_told_so_and_nothing_is_read() -> None:
    harness = BotHarness()
    request = hanging(harness)
    harness.change_policy(replace(ON_CALL, may=frozenset({Action.LOG_OFF})))
    assert harness.press("holders").text == NOT_LISTED
    harness.run()
    assert harness.terminal.program_calls == []
    assert harness.notes_of(request)[-1] == "refused"


def test_the_right_is_asked_again_when_the_host_is_read() -> None:
    harness = BotHarness()
    hanging(harness)
    harness.press("holders")
    harness.change_policy(replace(ON_CALL, computers=("comp2",)))
    harness.run()
    assert harness.terminal.program_calls == []


def test_only_the_hosts_that_the_presser_may_list_are_read() -> None:
    harness = BotHarness()
    harness.terminal.hang("comp2", 3)
    hanging(harness, "comp1,comp2 id=3 --sync")
    harness.change_policy(Rule(name="list", who=ONCALL, may=frozenset({Action.LIST}), computers=("comp2",)))
    harness.press("holders")
    harness.run()
    assert [(host, number) for host, number, _ in harness.terminal.program_calls] == [("comp2", 3)]
    assert "comp1" not in harness.told(b.ASKER)[-1]


def test_a_session_that_is_gone_by_now_shows_no_program() -> None:
    harness = BotHarness()
    request = hanging(harness)
    harness.terminal.sign_out("comp1", 3)
    harness.press("holders")
    harness.run()
    assert "It is gone by now" in harness.told(b.ASKER)[-1]
    assert "programs_shown" in harness.notes_of(request)


def test_another_person_who_has_the_id_now_is_not_told_of() -> None:
    harness = BotHarness()
    hanging(harness)
    harness.terminal.take_over("comp1", 3, Account(domain="CORP", user="mallory"))
    harness.press("holders")
    harness.run()
    assert "EXCEL" not in harness.told(b.ASKER)[-1]
    assert "mallory" not in harness.told(b.ASKER)[-1]


@pytest.mark.parametrize(
    "error", [NoRight("comp1 does not show it.", host="comp1"), Unreachable("comp1 cannot be reached.", host="comp1")]
)
def test_why_a_host_does_not_tell_stands_in_the_answer(error: NoRight | Unreachable) -> None:
    harness = BotHarness()
    request = hanging(harness)
    harness.terminal.take_down("comp1", error)
    harness.press("holders")
    harness.run()
    assert error.message in harness.told(b.ASKER)[-1]
    assert harness.find(request.id).ending is request.ending


def test_the_button_goes_when_a_later_look_sees_the_session_gone() -> None:
    harness = BotHarness()
    request = hanging(harness)
    harness.terminal.stop_hanging("comp1", 3)
    harness.wait(timedelta(minutes=5))
    assert harness.target(request, "comp1", 3).verdict is Verdict.GONE
    assert labels(harness, request) == []
    assert harness.press("holders", on=request).text == NOTHING_HANGS


def test_of_many_that_hang_the_first_are_read_and_the_others_counted() -> None:
    sessions = [b.session(3 + place, account=Account(domain="CORP", user=f"user{place}")) for place in range(7)]
    harness = BotHarness(terminal=FakeTerminal({"comp1": sessions}), hosts=("comp1",))
    for session in sessions:
        harness.terminal.hang("comp1", session.id)
    harness.ask_and_run("comp1 --all")
    harness.approve_and_run()
    harness.wait(timedelta(minutes=3))
    harness.press("holders")
    harness.run()
    assert len(harness.terminal.program_calls) == MOST_SESSIONS
    assert "and 2 more sessions" in harness.told(b.ASKER)[-1]


def test_a_process_that_lost_its_database_reads_nothing() -> None:
    harness = BotHarness()
    hanging(harness)
    harness.ledger.not_owner = NotOwner("Another process owns my database.")
    assert harness.press("holders").text == "Another process owns my database."
    assert harness.terminal.program_calls == []


def test_a_look_that_fails_unforeseen_costs_the_request_nothing() -> None:
    harness = BotHarness(records_failures=True)
    request = hanging(harness)
    item = WorkItem(request_id=request.id, look=ProgramsLook(by=b.ASKER, place=b.PLACE))
    harness.workflow.record_failure(item, "a reference", RuntimeError("odd"))
    assert "step_failed" not in harness.events_of(request)
