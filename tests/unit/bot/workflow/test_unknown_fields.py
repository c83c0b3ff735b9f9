"""A filter, or a rule, that asks for what a host could not tell chooses nobody, and says so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cards import request_card
from bot.domain.session import SessionState
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.harness import BotHarness, text_of

ACTIVE = SessionState.ACTIVE
NO_RIGHT = "lacks the right Query Information"
UNKNOWN: dict[str, tuple[dict[str, Any], str, str]] = {
    "client": (
        {"client": "", "unread_parts": (("client", 5),)},
        "client=PC*",
        f"its client could.*{NO_RIGHT}",
    ),
    "address": ({"unread_parts": (("address", 13),)}, "ip=10.*", "its address could not be read.*answered error 13"),
    "last input": ({"state": ACTIVE, "input": 0}, "idle>8h", "its idle time is unknown there"),
    "disconnect time": ({"disconnect": 1}, "idle>8h", "its idle time is unknown there"),
    "current time": ({"now": 0}, "idle<8h", "its idle time is unknown there"),
    "logon time": ({"logon": 0}, "logon<2020-01-01", "no logon time"),
    "account": ({"error": 5}, "user=al*", NO_RIGHT),
}


@for_each(("changes", "words", "why"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_filter_that_cannot_be_compared_is_not_no_match_and_chooses_nobody(
    changes: dict[str, Any], words: str, why: str
) -> None:
    harness = BotHarness(terminal=FakeTerminal({"comp1": [b.session(5, **changes), b.session(7, client="PC-1")]}))
    request = harness.ask_and_run(f"comp1 {words}")
    (left_out,) = [one for one in request.excluded if one.session.id == 5]
    assert 5 not in [target.session.id for target in request.targets]
    assert re.search(why, left_out.why)
    assert re.search(rf"1 not included: CORP\\alice( session 5)? \(.*{why}", text_of(request_card.build(request)))


def test_a_list_shows_the_session_that_no_filter_can_compare() -> None:
    unread = b.session(5, client="", unread_parts=(("client", 5),))
    harness = BotHarness(terminal=FakeTerminal({"comp1": [unread, b.session(7, client="LAPTOP-1")]}))
    request = harness.ask_and_run("comp1 client=PC* --verbose", command="sessions")
    assert [target.session.id for target in request.targets] == [5]
    card = text_of(request_card.build(request))
    assert "ClientName: could not be read: the bot's account lacks the right Query Information on RDP-Tcp" in card
    assert "client not read (error 5)" in card


@pytest.mark.parametrize(("changes", "is_covered"), [({}, True), ({"disconnect": 1}, False), ({"now": 0}, False)])
def test_an_unknown_idle_time_leaves_nobody_to_a_later_rule(changes: dict[str, Any], *, is_covered: bool) -> None:
    """The first rule asks for an idle time. Whether it decides is not known, so the second may not."""
    harness = BotHarness(terminal=FakeTerminal({"comp1": [b.session(5, **changes)]}))
    first = replace(harness.policy.rules[0], name="long gone", idle_over=timedelta(hours=1))
    harness.change_policy(first, *harness.policy.rules)
    request = harness.ask_and_run("comp1 id=5")
    assert bool(request.targets) is is_covered
    if not is_covered:
        assert "its idle time is unknown" in request.excluded[0].why


def test_somebody_who_is_known_not_to_be_idle_is_left_to_the_later_rule() -> None:
    harness = BotHarness(terminal=FakeTerminal({"comp1": [b.session(5, state=ACTIVE, input=b.session().now)]}))
    first = replace(harness.policy.rules[0], name="long gone", idle_over=timedelta(hours=1))
    harness.change_policy(first, *harness.policy.rules)
    assert harness.ask_and_run("comp1 id=5").targets
