"""A person who is nearly named, and a person who is looked for everywhere: answered, and never acted on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.request import Ending
from bot.domain.session import Account
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import ON_CALL, BotHarness, text_of


@pytest.mark.parametrize(("typed", "meant"), [("jose", r"user=CORP\josé"), ("alcie", r"user=CORP\alice")])
def test_a_name_that_is_nearly_there_is_offered_as_a_button_and_nothing_is_done(typed: str, meant: str) -> None:
    sessions = (b.session(3), b.session(7, account=Account(domain="CORP", user="josé")))
    harness = BotHarness(terminal=FakeTerminal({"comp1": sessions}), hosts=("comp1",))
    request = harness.ask_and_run(f"comp1 user={typed} --force")
    assert (request.ending, request.targets, harness.terminal.touched) == (Ending.NOTHING_TO_DO, (), [])
    buttons = harness.chat.told[-1].card.buttons
    assert [button.label for button in buttons] == [meant, "Who is on comp1"]
    assert "--force" not in buttons[0].value


def test_a_person_is_looked_for_on_all_computers_that_the_asker_may_list() -> None:
    harness = BotHarness()
    harness.change_policy(replace(ON_CALL, computers=("comp1", "comp3")))
    request = harness.ask_and_run("user=alice", command="sessions")
    assert [target.session.host for target in request.targets] == ["comp1", "comp3"]
    assert sorted(harness.terminal.look_calls) == ["comp1", "comp3"]
    assert [look.host for look in request.surveys] == ["comp1", "comp3"]


def test_an_act_never_looks_everywhere() -> None:
    harness = BotHarness()
    response = harness.ask("user=alice")
    assert response.card
    assert [button.label for button in response.card.buttons] == ["/sessions user=alice", "Help"]
    assert harness.terminal.look_calls == []


def test_the_only_session_that_was_looked_for_is_shown_in_full() -> None:
    harness = BotHarness()
    harness.ask_and_run("comp1 user=alice", command="sessions")
    text = text_of(harness.chat.told[-1].card)
    assert [
        name for name in ("SessionID: 3", "State: Disconnected", "LoginTime:", "IdleTime: 3 hours") if name in text
    ] == [
        "SessionID: 3",
        "State: Disconnected",
        "LoginTime:",
        "IdleTime: 3 hours",
    ]
