"""A yes is for the situation that the card showed: in another one other rules may hold, and the host compares last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.part import WHOLE, Part, at_host
from bot.domain.request import WorkItem
from bot.domain.session import SessionState
from bot.domain.verdicts import Verdict
from bot.errors import BadReply, CannotCompile
from bot.policy.model import Force
from tests.fakes.directory import FakeDirectory
from tests.fakes.ledger import FakeLedger
from tests.support.harness import KEY
from tests.support.people import BO, CHEN, DANA, GROUPS, STATUSES, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.domain.request import Request
    from tests.support.harness import BotHarness

ACTIVE = frozenset({SessionState.ACTIVE})
LATE = "comp1 id=3 --sync --even-if-active"


def back_at_work(harness: BotHarness, text: str, session_id: int = 3) -> Verdict | None:
    """Dana asks and confirms; the person comes back between the last question and the act."""
    request = harness.ask_and_run(text)
    harness.press("approve", by=DANA, on=request)
    harness.terminal.before_act("comp1", lambda: harness.terminal.return_to_work("comp1", session_id))
    harness.run()
    return harness.target(request, "comp1", session_id).verdict


def test_even_if_active_does_not_get_around_the_rule_for_those_at_work() -> None:
    harness = bot_with(asking_leads(1, name="at work", states=ACTIVE), rule("rest"))
    assert back_at_work(harness, LATE) is Verdict.CHANGED
    assert harness.terminal.logged_off == []


@pytest.mark.parametrize("states", [frozenset(SessionState) - ACTIVE, frozenset({SessionState.DISCONNECTED})])
def test_even_if_active_does_not_get_around_a_rule_that_covers_only_those_who_left(
    states: frozenset[SessionState],
) -> None:
    harness = bot_with(rule(states=states))
    assert back_at_work(harness, LATE) is Verdict.CHANGED
    assert harness.terminal.logged_off == []


def test_force_and_even_if_active_do_not_get_around_it_together() -> None:
    harness = bot_with(asking_leads(1, name="at work", states=ACTIVE), rule("rest", force=Force(is_allowed=True)))
    harness.terminal.before_act("comp1", lambda: harness.terminal.return_to_work("comp1", 3))
    harness.ask_and_run(f"{LATE} --force")
    assert harness.terminal.logged_off == []


def test_a_session_that_is_no_longer_idle_is_not_touched_under_a_rule_for_idle_sessions() -> None:
    harness = bot_with(rule(idle_over=timedelta(seconds=60)))
    assert back_at_work(harness, "comp1 id=5 --sync", session_id=5) is Verdict.CHANGED
    assert harness.terminal.logged_off == []


def test_even_if_active_does_what_it_says_where_the_same_rule_holds_for_those_at_work() -> None:
    harness = bot_with(rule())
    assert back_at_work(harness, LATE) is Verdict.GONE


def test_the_same_approvals_may_be_enough_for_the_other_state_as_well() -> None:
    """Both rules ask one lead: whoever comes back is covered by the same yes."""
    harness = bot_with(asking_leads(1, name="at work", states=ACTIVE), asking_leads(1, name="rest"))
    request = harness.ask_and_run(LATE)
    harness.press("approve", by=BO, on=request)
    harness.terminal.before_act("comp1", lambda: harness.terminal.return_to_work("comp1", 3))
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_a_session_that_was_disconnected_meanwhile_is_logged_off_when_the_approvals_cover_that() -> None:
    harness = bot_with(asking_leads(1, name="at work", states=ACTIVE), rule("rest"))
    request = harness.ask_and_run("comp1 id=5 --sync")
    harness.press("approve", by=BO, on=request)
    harness.terminal.before_act("comp1", lambda: harness.terminal.leave_alone("comp1", 5))
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 5)]


NEVER_STARTED = CannotCompile("The bot's program did not start on comp1.", host="comp1", words="Blocked by policy.")


def test_a_host_on_which_the_program_never_started_failed_and_nobody_is_unsure() -> None:
    harness = bot_with(rule())
    request = harness.ask_and_run("comp1 id=3 --sync --verbose")
    harness.press("approve", by=DANA, on=request)
    harness.terminal.fail_act("comp1", NEVER_STARTED)
    harness.run()
    target = harness.target(request, "comp1", 3)
    assert (target.verdict, target.words) == (Verdict.FAILED, "Blocked by policy.")
    assert harness.terminal.logged_off == []
    said = harness.text_on_card(request)
    assert "nothing was done: The bot's program did not start on comp1" in said
    assert "the computer said: Blocked by policy." in said


def test_the_words_of_an_answer_that_was_lost_stay_when_a_look_settles_it() -> None:
    harness = bot_with(rule())
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=DANA, on=request)
    lost = BadReply("comp1 broke off.", host="comp1", delivered=True, words="Killed.")
    harness.terminal.fail_act("comp1", lost, is_carried_out=True)
    harness.run()
    harness.wait(timedelta(seconds=10))
    target = harness.target(request, "comp1", 3)
    assert (target.verdict, target.words) == (Verdict.GONE, "Killed.")


class ReadAsAnother(FakeLedger):
    """Somebody writes another requester into the row, with their yes, until the step at the host has read it."""

    another: Actor | None = None
    proofs: tuple[Part, ...] = ()

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        found = super().find(request_id, part)
        if found is None or self.another is None or not part.host:
            return found
        another, self.another = self.another, None
        return replace(found, actor=another, counted=(another,))

    def prove(self, request_id: str, part: Part = WHOLE) -> Request | None:
        self.proofs += (part,)
        return super().prove(request_id, part)


def started_at(ledger: ReadAsAnother, harness: BotHarness) -> None:
    harness.ledger = ledger  # type: ignore[assignment] # a store like the other
    harness.restart()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=DANA, on=request)
    harness.workflow.step(WorkItem(request_id=request.id))


def test_the_rules_allow_an_order_for_the_proven_request_alone() -> None:
    harness = bot_with(rule())
    ledger = ReadAsAnother(harness.clock, KEY)
    started_at(ledger, harness)
    harness.directory = FakeDirectory({**GROUPS, DANA.user_id: frozenset()}, STATUSES)
    ledger.another = CHEN
    harness.run()
    assert harness.terminal.acts == []
    assert at_host("comp1") in ledger.proofs


def test_the_first_order_of_a_host_takes_the_proof_of_its_record_and_no_other() -> None:
    harness = bot_with(rule())
    ledger = ReadAsAnother(harness.clock, KEY)
    started_at(ledger, harness)
    harness.run()
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert at_host("comp1") not in ledger.proofs
