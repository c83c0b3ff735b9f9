"""A refusal says whom to ask, a guest that guests do not count, and a limit how long to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.people import MemberStatus
from tests.support import builders as b
from tests.support.harness import BotHarness


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def refusal(harness: BotHarness) -> str:
    return harness.ask_and_run("comp1 id=3").message


def test_a_guest_is_told_that_guests_do_not_count_and_whom_to_ask(harness: BotHarness) -> None:
    harness.directory.statuses[b.ASKER.user_id] = MemberStatus.GUEST
    harness.change_policy(contact="@ts-leads")
    assert "Guests do not count" in refusal(harness)
    assert refusal(harness).endswith("Ask @ts-leads.")


def test_who_has_no_rule_is_told_whom_to_ask(harness: BotHarness) -> None:
    harness.remove_from("@oncall", b.ASKER)
    assert refusal(harness).endswith("Ask the keeper of the bot's policy for it.")
    harness.change_policy(contact="@ts-leads")
    assert refusal(harness).endswith("Ask @ts-leads for it.")


def test_a_limit_says_how_long_to_wait_and_lets_in_after_that(harness: BotHarness) -> None:
    harness.change_policy(max_requests=2, max_requests_per=timedelta(minutes=10))
    refusal(harness)
    harness.wait(timedelta(minutes=4))
    refusal(harness)
    assert refusal(harness) == "That was more than 2 requests in 10 minutes. Ask again in 10 minutes."
    harness.wait(timedelta(minutes=10, seconds=5))
    assert "more than" not in refusal(harness)
