"""From the command to the host: each action does there what its name says, and no action falls back to another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import commands
from bot.domain.actions import Action
from bot.domain.request import State
from bot.errors import TimedOut
from tests.support import builders as b
from tests.support.harness import BotHarness

ACTS = (Action.MESSAGE, Action.DISCONNECT, Action.LOG_OFF)


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def a_command_for(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/logoff` with another action: what a new command's row in `COMMANDS` would be."""
    monkeypatch.setitem(commands.BY_NAME, "logoff", replace(commands.BY_NAME["logoff"], action=action))


def done_on_hosts(harness: BotHarness) -> dict[Action, list[tuple[str, int]]]:
    terminal = harness.terminal
    return {
        Action.MESSAGE: [(host, session_id) for host, session_id, _, _ in terminal.messages],
        Action.DISCONNECT: terminal.disconnected,
        Action.LOG_OFF: terminal.logged_off,
    }


@pytest.mark.parametrize("force", ["", " --force"])
@pytest.mark.parametrize("action", list(Action))
def test_an_action_does_on_the_host_what_it_says_and_nothing_else(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch, action: Action, force: str
) -> None:
    a_command_for(action, monkeypatch)
    request = harness.ask_and_run(f"comp1 id=5{force}")
    if request.state is State.AWAITING:
        harness.approve_and_run()
    expected = {act: [("comp1", 5)] if act is action else [] for act in ACTS}
    assert done_on_hosts(harness) == expected


@pytest.mark.parametrize(("action", "asked", "told"), [
    (Action.MESSAGE, "Message 1 session on comp1?", "Messaged 1 session on comp1"),
    (Action.DISCONNECT, "Disconnect 1 session on comp1?", "Disconnected 1 session on comp1"),
    (Action.LOG_OFF, "Log off 1 session on comp1?", "Logged off 1 session on comp1"),
])  # fmt: skip
def test_the_card_asks_for_the_act_that_happens(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch, action: Action, asked: str, told: str
) -> None:
    a_command_for(action, monkeypatch)
    harness.ask_and_run("comp1 id=5 --sync")
    assert harness.card.headline == asked
    harness.approve_and_run()
    assert harness.card.headline == told


def test_a_message_whose_answer_was_lost_is_not_shown_twice(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_command_for(Action.MESSAGE, monkeypatch)
    harness.ask_and_run("comp1 id=5")
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
