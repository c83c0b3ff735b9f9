"""Rules that a running bot takes in between two questions: an order meets those of the moment in which it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.events import HostStarted
from bot.domain.request import Request, State, WorkItem
from bot.domain.verdicts import Reason, Verdict
from bot.policy.in_force import Terms
from tests.support.cases import for_each
from tests.support.people import LEADS, bot_with, policy, rule

if TYPE_CHECKING:
    from bot.domain.events import Event

NEW = {
    "no rule is left": (policy(rule(who=LEADS)), [(Verdict.SKIPPED, Reason.NOT_ALLOWED)]),
    "a rule that lets it": (policy(rule("another name")), [(Verdict.GONE, None)]),
}


@for_each("case", list(NEW))
def test_rules_taken_after_the_start_of_a_host_was_recorded_are_asked_before_the_order(case: str) -> None:
    new, expected = NEW[case]
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve")
    workflow, record = harness.workflow, harness.ledger.record
    workflow.step(WorkItem(request_id=request.id))
    assert harness.find(request.id).state is State.ACTING

    def record_and_change(request_id: str, event: Event, **more: Any) -> Request:
        after = record(request_id, event, **more)
        if isinstance(event, HostStarted):
            workflow.authorizer.in_force.take(Terms(policy=new))
        return after

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harness.ledger, "record", record_and_change)
        workflow.step(WorkItem(request_id=request.id, host="comp1"))
    targets = harness.find(request.id).targets
    assert [(target.verdict, target.reason) for target in targets] == expected
