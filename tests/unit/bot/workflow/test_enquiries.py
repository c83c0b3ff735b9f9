"""`help`, `status` and `TS-7K3QXM`: answered from the database, for whoever may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.commands import COMMANDS
from bot.domain.part import HEAD, WHOLE, Part
from bot.domain.people import Actor
from tests.fakes.directory import FakeDirectory
from tests.support import builders as b
from tests.support.harness import ON_CALL, ONCALL, BotHarness, text_of

if TYPE_CHECKING:
    from bot.domain.request import Request

OUTSIDER = Actor(user_id="U0OUT", name="outsider")


@pytest.fixture
def harness() -> BotHarness:
    members = {b.ASKER.user_id: ONCALL, b.OTHER.user_id: ONCALL, OUTSIDER.user_id: frozenset[str]()}
    return BotHarness(directory=FakeDirectory.of_members(members))


def answer(harness: BotHarness, text: str, by: Actor = b.ASKER, command: str = "logoff") -> str:
    response = harness.ask(text, by=by, command=command)
    assert response.wake is None
    assert response.card
    return text_of(response.card)


@pytest.mark.parametrize(
    "text",
    [
        *("help", "--help", "-h", "?", "-?", "/?", "HELP", " help ", "comp1 id=3 --help"),
        *("what can you do?", "how does this work", "how do i use it", "show me the commands"),
    ],
)
def test_help_shows_the_examples_of_the_command(harness: BotHarness, text: str) -> None:
    assert "/logoff comp1 id=3 --sync" in answer(harness, text)
    assert harness.events == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("help sessions", "/sessions comp1"),
        ("help /disconnect", "/disconnect comp1 id=3 --sync"),
        ("help filters", "idle>2h"),
        ("help options", "--whatif"),
        ("--help ids", "id=3,5-7"),
        ("help sync", "--sync"),
        ("help nonsense", "I have no help for nonsense."),
    ],
)
def test_help_has_pages_by_command_and_topic(harness: BotHarness, text: str, shown: str) -> None:
    assert shown in answer(harness, text)


def test_every_option_that_means_something_has_its_line_in_the_help() -> None:
    for command in COMMANDS:
        silent = {each.name for each in command.parameters if not each.about and not each.hint}
        assert silent <= {"say", "erroraction"}, command.name


def test_status_shows_what_waits_to_whoever_may_see_it(harness: BotHarness) -> None:
    assert "Nothing waits" in answer(harness, "status")
    request = harness.ask_and_run("comp1 id=3")
    assert request.id in answer(harness, "status")
    assert request.id in answer(harness, "status", by=b.OTHER, command="sessions")
    assert "Nothing waits" in answer(harness, "status", by=OUTSIDER)


def test_a_reference_shows_the_card_of_the_request_without_its_buttons(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3")
    response = harness.ask(f" {request.id.lower()} ")
    assert response.card
    assert (response.card.headline, response.card.buttons) == ("Log off CORP\\alice on comp1?", ())
    assert "alice" in answer(harness, request.id, by=b.OTHER)


def test_a_request_that_somebody_may_not_see_is_answered_like_one_that_is_not_there(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3")
    hidden, absent = answer(harness, request.id, by=OUTSIDER), answer(harness, "TS-ZZZZZZ", by=OUTSIDER)
    assert hidden.replace(request.id, "TS-ZZZZZZ") == absent


def test_the_rights_of_now_decide_what_somebody_sees(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3")
    harness.change_policy(ON_CALL.__class__(name="on-call", who=ONCALL, may=ON_CALL.may, computers=("comp2",)))
    assert "I know no request" in answer(harness, request.id, by=b.OTHER)
    assert "alice" in answer(harness, request.id)


def test_a_member_whom_no_rule_names_costs_no_reading_of_other_peoples_targets(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = harness.ask_and_run("comp1 id=3")
    read: list[object] = []
    find = harness.ledger.find

    def found(request_id: str, part: Part = WHOLE) -> Request | None:
        read.append(part)
        return find(request_id, part)

    def every() -> tuple[Request, ...]:
        read.append("all")
        return ()

    monkeypatch.setattr(harness.ledger, "find", found)
    monkeypatch.setattr(harness.ledger, "unended", every)
    assert "Nothing waits" in answer(harness, "status", by=OUTSIDER)
    assert read == []
    assert "I know no request" in answer(harness, request.id, by=OUTSIDER)
    assert read == [HEAD]
    answer(harness, request.id)
    assert read == [HEAD, HEAD, WHOLE]
