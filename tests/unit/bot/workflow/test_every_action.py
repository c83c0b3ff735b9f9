"""From the command to the host: each action does there what its name says, and no action falls back to another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.actions import Action
from bot.domain.request import State
from bot.domain.requirement import Need
from bot.errors import TimedOut
from tests.support import builders as b
from tests.support.harness import ON_CALL, ONCALL, BotHarness

if TYPE_CHECKING:
    from bot.domain.request import Request

ACTS = (Action.MESSAGE, Action.DISCONNECT, Action.LOG_OFF)


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


TYPED = {
    Action.LIST: ("sessions", "comp1 id=5"),
    Action.MESSAGE: ("tsmessage", 'comp1 id=5 "hello"'),
    Action.DISCONNECT: ("disconnect", "comp1 id=5"),
    Action.LOG_OFF: ("logoff", "comp1 id=5"),
}


def typed(harness: BotHarness, action: Action, options: str = "") -> Request:
    command, text = TYPED[action]
    return harness.ask_and_run(f"{text}{options}", command=command)


def done_on_hosts(harness: BotHarness) -> dict[Action, list[tuple[str, int]]]:
    terminal = harness.terminal
    return {
        Action.MESSAGE: [(host, session_id) for host, session_id, _, _ in terminal.messages],
        Action.DISCONNECT: terminal.disconnected,
        Action.LOG_OFF: terminal.logged_off,
    }


@pytest.mark.parametrize("force", ["", " --force"])
@pytest.mark.parametrize("action", ACTS)
def test_an_action_does_on_the_host_what_it_says_and_nothing_else(
    harness: BotHarness, action: Action, force: str
) -> None:
    request = typed(harness, action, force)
    if request.state is State.AWAITING:
        harness.approve_and_run()
    expected = {act: [("comp1", 5)] if act is action else [] for act in ACTS}
    assert done_on_hosts(harness) == expected


def test_a_list_touches_nothing(harness: BotHarness) -> None:
    typed(harness, Action.LIST)
    assert done_on_hosts(harness) == {act: [] for act in ACTS}


@pytest.mark.parametrize(("action", "asked", "told"), [
    (Action.MESSAGE, "Message CORP\\bob on comp1?", "Messaged CORP\\bob on comp1"),
    (Action.DISCONNECT, "Disconnect CORP\\bob on comp1?", "Disconnected CORP\\bob on comp1"),
    (Action.LOG_OFF, "Log off CORP\\bob on comp1?", "Logged off CORP\\bob on comp1"),
])  # fmt: skip
def test_the_card_asks_for_the_act_that_happens(harness: BotHarness, action: Action, asked: str, told: str) -> None:
    typed(harness, action, " --confirm" if action is Action.MESSAGE else " --sync")
    assert harness.card.headline == asked
    harness.approve_and_run()
    assert harness.card.headline == told


def test_a_message_is_sent_at_once_with_its_text_and_caption(harness: BotHarness) -> None:
    request = typed(harness, Action.MESSAGE, ' --caption "Maintenance"')
    assert harness.terminal.messages == [("comp1", 5, "Maintenance", "hello\n\n(From asker.)")]
    assert (request.state, harness.events_of(request)[:3]) == (State.ENDED, ["asked", "surveyed", "started"])
    assert "forced" not in harness.text_on_card(request)


def test_a_message_waits_for_a_yes_where_a_rule_wants_another_person(harness: BotHarness) -> None:
    harness.change_policy(replace(ON_CALL, need=Need(count=1, of=ONCALL, rule="on-call")))
    request = typed(harness, Action.MESSAGE)
    assert (request.state, harness.terminal.messages) == (State.AWAITING, [])
    harness.press("approve", by=b.OTHER)
    harness.run()
    assert len(harness.terminal.messages) == 1


def test_a_message_above_the_limit_waits_for_a_second_person(harness: BotHarness) -> None:
    harness.change_policy(second_person_above=1)
    first = typed(harness, Action.MESSAGE)
    second = typed(harness, Action.MESSAGE)
    assert [harness.find(each.id).state for each in (first, second)] == [State.ENDED, State.AWAITING]


def test_a_message_whose_answer_was_lost_is_not_shown_twice(harness: BotHarness) -> None:
    typed(harness, Action.MESSAGE, " --confirm")
    lost = TimedOut("comp1 did not answer in time.", host="comp1", delivered=True)
    harness.terminal.fail_act("comp1", lost, is_carried_out=True)
    harness.approve_and_run()
    harness.restart()
    harness.wait(b.CARD_LIFE)
    assert (len(harness.terminal.messages), harness.verdicts()) == (1, {"comp1 5": "unknown"})


@pytest.mark.parametrize("action", [Action.LIST, Action.AUDIT])
def test_an_action_without_an_act_stops_before_the_host(action: Action) -> None:
    harness = BotHarness(records_failures=True)
    started = b.acting(action=action, asked_at=harness.clock.now())
    harness.ledger.open(replace(started, due_at=harness.clock.now()))
    harness.wait(b.CARD_LIFE)
    assert harness.events == ["asked", "failed"]
    assert done_on_hosts(harness) == {act: [] for act in ACTS}
