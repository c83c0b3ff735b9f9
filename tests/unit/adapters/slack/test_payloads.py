"""Slack's payloads taken apart: who it was, where, and whether it is the same delivery again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.slack.forms import choose_view, form_view, picked_in, reason_view, written_in
from adapters.slack.message_form import message_call
from adapters.slack.payloads import command_call, form_call, press_call
from bot.domain.events import ReasonAsked
from bot.domain.lifecycle import advance
from bot.domain.people import Actor, Place
from bot.domain.requirement import Confirm, DenyReason, Requirement
from bot.domain.session import Account
from rehearsal.slack import find_faults
from tests.support import builders as b
from tests.support.cases import for_each


def command(**changes: Any) -> dict[str, Any]:
    """As in https://docs.slack.dev/interactivity/implementing-slash-commands."""
    body = {
        "token": "gIkuvaNzQIHg97ATvDxqgjtO",
        "team_id": "T0HOME",
        "team_domain": "example",
        "channel_id": "C0ONCALL",
        "channel_name": "oncall",
        "user_id": "U0DANA",
        "user_name": "dana",
        "command": "/logoff",
        "text": "comp1 id=3 --sync",
        "response_url": "https://hooks.slack.com/commands/1234/5678",
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        "api_app_id": "A123456",
    }
    return body | changes


NOTHING: frozenset[int] = frozenset()


def press(**changes: Any) -> dict[str, Any]:
    """As in https://docs.slack.dev/reference/interaction-payloads/block_actions-payload."""
    body = {
        "type": "block_actions",
        "team": {"id": "T0HOME", "domain": "example"},
        "user": {"id": "U0DANA", "username": "dana", "name": "dana", "team_id": "T0HOME"},
        "api_app_id": "A123456",
        "container": {"type": "message", "message_ts": "1548261231.000200", "channel_id": "C0ONCALL"},
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "channel": {"id": "C0ONCALL", "name": "oncall"},
        "actions": [{"type": "button", "action_id": "press_approve", "block_id": "Xj9", "value": "TS-7K3QXM:2"}],
    }
    return body | changes


def test_a_command_says_who_where_and_what() -> None:
    call = command_call(command())
    assert (call.command, call.text) == ("logoff", "comp1 id=3 --sync")
    assert call.actor == Actor(user_id="U0DANA", name="dana")
    assert call.place == Place(channel_id="C0ONCALL", name="oncall")


@pytest.mark.parametrize(
    ("container", "place"),
    [
        ({"type": "message", "message_ts": "1.000200", "channel_id": "C0ONCALL"}, ("C0ONCALL", "1.000200")),
        ({"type": "message", "message_ts": "1.000200", "channel_id": "C0ONCALL", "is_ephemeral": True}, None),
        ({"type": "view", "view_id": "V1"}, None),
        (None, None),
    ],
)
def test_a_press_names_its_message_unless_one_person_alone_sees_it(
    container: object, place: tuple[str, str] | None
) -> None:
    found = press_call(press(container=container)).message_ref
    assert (found and (found.channel_id, found.ts)) == place


def test_a_second_delivery_has_the_same_name_and_another_command_another() -> None:
    assert command_call(command()).delivery == command_call(command(text="", token="new")).delivery
    assert command_call(command()).delivery != command_call(command(trigger_id="2")).delivery


@pytest.mark.parametrize("text", ["", None])
def test_a_command_without_text_is_empty(text: str | None) -> None:
    assert command_call(command(text=text)).text == ""


def test_a_name_is_not_needed() -> None:
    body = command()
    del body["user_name"], body["channel_name"]
    assert command_call(body).actor == Actor(user_id="U0DANA")


def test_a_press_says_which_button_of_which_request() -> None:
    call = press_call(press())
    assert (call.press, call.value) == ("approve", "TS-7K3QXM:2")
    assert call.actor == Actor(user_id="U0DANA", name="dana")
    assert call.place == Place(channel_id="C0ONCALL", name="oncall")


@for_each("team", ["T0HOME", "T0SISTER", "E0ORG", "", None])
def test_one_person_is_one_actor_whatever_workspace_the_payloads_name(team: str | None) -> None:
    user = {"id": "U0DANA", "username": "dana", "name": "dana", "team_id": team}
    others = {"team_id": team, "enterprise_id": "E0ORG"}
    typed, pressed = command_call(command(**others)).actor, press_call(press(user=user, team=None)).actor
    assert (
        typed
        == pressed
        == form_call(form(user=user, team={"id": team}), NOTHING).actor
        == Actor(user_id="U0DANA", name="dana")
    )


def test_a_payload_needs_no_workspace() -> None:
    body = command()
    del body["team_id"], body["team_domain"]
    assert command_call(body).actor == press_call(press(user={"id": "U0DANA", "name": "dana"})).actor


def test_a_button_without_value_or_channel_is_an_unknown_press_and_no_crash() -> None:
    call = press_call(press(channel=None, actions=[{"action_id": "press_approve"}]))
    assert (call.value, call.place.channel_id) == ("", "")


def form(**changes: Any) -> dict[str, Any]:
    """As in https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload."""
    body = {
        "type": "view_submission",
        "team": {"id": "T0HOME", "domain": "example"},
        "user": {"id": "U0DANA", "username": "dana", "name": "dana", "team_id": "T0HOME"},
        "view": {
            "id": "VNHU13V36",
            "type": "modal",
            "callback_id": "choose",
            "private_metadata": "TS-7K3QXM:2",
            "state": {"values": {"targets": {"targets": {"selected_options": [{"value": "0"}, {"value": "12"}]}}}},
        },
    }
    return body | changes


def test_a_form_carries_the_buttons_value_and_who_sent_it_and_names_no_channel() -> None:
    call = form_call(form(), frozenset({0}))
    assert (call.press, call.value, call.picked) == ("choose", "TS-7K3QXM:2", frozenset({0}))
    assert (call.actor, call.place) == (
        Actor(user_id="U0DANA", name="dana"),
        Place(channel_id=""),
    )


def test_a_form_without_a_value_is_an_unknown_press_and_no_crash() -> None:
    assert form_call(form(view={"callback_id": "choose"}), NOTHING).value == ""


def test_what_is_left_in_the_list_is_kept() -> None:
    assert picked_in(form()["view"]) == {0, 12}


@pytest.mark.parametrize("selected", [[], None])
def test_an_emptied_list_keeps_nobody(selected: list[str] | None) -> None:
    assert picked_in({"state": {"values": {"targets": {"targets": {"selected_options": selected}}}}}) == frozenset()


def test_the_form_offers_each_target_by_its_place_within_the_limits_of_slack() -> None:
    targets = [b.target(session=b.session(number, account=Account(domain="D" * 80, user="u" * 80)))
               for number in range(1, 151)]  # fmt: skip
    view = choose_view(b.awaiting(*targets), "TS-AAAAAA:2").to_dict()
    element = view["blocks"][0]["element"]
    assert [option["value"] for option in element["options"]] == [str(place) for place in range(100)]
    assert all(len(option["text"]["text"]) <= 75 for option in element["options"])
    assert (view["private_metadata"], element["initial_options"]) == ("TS-AAAAAA:2", element["options"])
    assert find_faults(view["blocks"]) == ()


def test_the_form_for_the_reason_is_one_text_within_the_limits_of_slack() -> None:
    waiting = advance(b.request(), ReasonAsked(tickets=("x" * 3000,), valid_for=b.GRACE), b.NOW)
    view = reason_view(waiting, "TS-AAAAAA:2").to_dict()
    (block,) = view["blocks"]
    assert (view["callback_id"], view["private_metadata"]) == ("reason", "TS-AAAAAA:2")
    assert (block["block_id"], block.get("optional", False)) == ("reason", False)
    assert {name: block["element"][name] for name in ("type", "action_id", "min_length", "max_length")} == {
        "type": "plain_text_input",
        "action_id": "reason",
        "min_length": 1,
        "max_length": 300,
    }
    assert find_faults(view["blocks"]) == ()
    assert form_view(waiting, "reason", "v").callback_id == "reason"
    assert form_view(b.awaiting(), "choose", "v").callback_id == "choose"


@pytest.mark.parametrize(
    ("chosen", "press_of", "value"),
    [
        ("choose TS-7K3QXM:2", "choose", "TS-7K3QXM:2"),
        ("cancel TS-7K3QXM:2", "cancel", "TS-7K3QXM:2"),
        ("ask U0DANA sessions comp1", "ask", "U0DANA sessions comp1"),
        ("", "", ""),
    ],
)
def test_an_option_of_the_menu_is_a_press_like_a_button(chosen: str, press_of: str, value: str) -> None:
    option = {"text": {"type": "plain_text", "text": "Choose...", "emoji": False}, "value": chosen}
    action = {"type": "overflow", "action_id": "press_menu", "block_id": "Xj9", "selected_option": option}
    call = press_call(press(actions=[action]))
    assert (call.press, call.value) == (press_of, value)


@pytest.mark.parametrize(
    ("how", "optional"), [(DenyReason.UNASKED, True), (DenyReason.WANTED, True), (DenyReason.NEEDED, False)]
)
def test_the_form_for_the_reason_of_a_no_may_stay_empty_unless_a_rule_needs_it(
    how: DenyReason, *, optional: bool
) -> None:
    required = Requirement(confirm=Confirm.OTHERS, deny_reason=how)
    view = form_view(replace(b.awaiting(), requirement=required), "deny", "TS-AAAAAA:2").to_dict()
    (block,) = view["blocks"]
    assert (view["callback_id"], view["private_metadata"], block.get("optional", False)) == (
        "deny",
        "TS-AAAAAA:2",
        optional,
    )
    assert (block["element"]["max_length"], find_faults(view["blocks"])) == (300, ())


@pytest.mark.parametrize(("value", "text"), [("INC-7: it hangs", "INC-7: it hangs"), ("", ""), (None, "")])
def test_what_is_written_is_taken_as_it_is(value: str | None, text: str) -> None:
    view = form()["view"] | {"callback_id": "reason", "state": {"values": {"reason": {"reason": {"value": value}}}}}
    assert written_in(view) == text
    call = form_call(form(view=view), text=written_in(view))
    assert (call.press, call.value, call.picked, call.text) == ("reason", "TS-7K3QXM:2", None, text)


def test_of_more_targets_than_a_menu_has_each_can_stay_or_go() -> None:
    targets = [b.target(place) for place in range(1, 351)]
    view = choose_view(b.awaiting(*targets), "TS-AAAAAA:2").to_dict()
    labels = [block["label"]["text"] for block in view["blocks"]]
    assert labels == [f"Who stays on the card, {n}" for n in ("1 to 100", "101 to 200", "201 to 300", "301 to 350")]
    ticked = {block["block_id"]: block["element"]["initial_options"] for block in view["blocks"]}
    kept = {block: options[1:] if block != "targets:100" else [] for block, options in ticked.items()}
    values = {block: {block: {"selected_options": options}} for block, options in kept.items()}
    left = set(range(350)) - {0, 200, 300} - set(range(100, 200))
    assert picked_in({"state": {"values": values}}) == left


FORGED = ["x", "-1", "1.5", "", "٣", "1" * 5000, None, "0x1", " 1", "1\n"]


@for_each("value", FORGED)
def test_an_option_that_no_form_of_the_bot_has_stands_for_nobody(value: str | None) -> None:
    chosen = [{"value": value}, {"value": "2"}]
    assert picked_in({"state": {"values": {"targets": {"targets": {"selected_options": chosen}}}}}) == {2}


@for_each("option", [None, {}, {"value": None}, {"value": "choose"}, {"value": "choose  "}])
def test_an_entry_of_the_menu_without_a_request_is_an_unknown_press_and_no_crash(option: dict[str, Any] | None) -> None:
    call = press_call(press(actions=[{"action_id": "press_menu", "selected_option": option}]))
    assert call.aim is None


def test_a_message_that_is_sent_twice_from_one_form_is_one_delivery() -> None:
    view = form()["view"] | {"private_metadata": "C0OPS:ops U0DANA tsmessage comp1 id=3"}
    view |= {"state": {"values": {"text": {"text": {"value": "hello"}}}}}
    first, second = (message_call(form(view=view, trigger_id=each)) for each in ("1.2.a", "1.2.b"))
    assert (first.delivery, first.value, first.place.channel_id) == (
        "form VNHU13V36",
        "U0DANA tsmessage comp1 id=3",
        "C0OPS",
    )
    assert second == first
    assert message_call(form(view=view | {"id": "VOTHER"})).delivery != first.delivery
