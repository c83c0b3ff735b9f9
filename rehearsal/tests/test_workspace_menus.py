"""Elements of messages and menus that the app fills: what people choose, and what the app is told of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.slack import UserClient, UserClientError, Workspace
from rehearsal_testing import form_app
from rehearsal_testing.form_app import (
    DANA,
    OPS,
    App,
    field,
    modal,
    option,
)

if TYPE_CHECKING:
    from slack_sdk import WebClient

workspace, web, app, dana = form_app.workspace, form_app.web, form_app.app, form_app.dana  # the fixtures


ELEMENTS: list[tuple[dict[str, Any], Any, str, Any]] = [
    ({"type": "radio_buttons", "options": [option("a"), option("b")]}, "b", "selected_option", "b"),
    ({"type": "checkboxes", "options": [option("a"), option("b")]}, ["a", "b"], "selected_options", ["a", "b"]),
    ({"type": "overflow", "options": [option("a")]}, "a", "selected_option", "a"),
    ({"type": "multi_static_select", "options": [option("a")]}, ["a"], "selected_options", ["a"]),
    ({"type": "users_select"}, DANA, "selected_user", DANA),
    ({"type": "multi_channels_select"}, [OPS], "selected_channels", [OPS]),
    ({"type": "datepicker"}, "2026-11-22", "selected_date", "2026-11-22"),
    ({"type": "timepicker"}, "14:05", "selected_time", "14:05"),
    ({"type": "datetimepicker"}, 1_800_000_000, "selected_date_time", 1_800_000_000),
]


@pytest.mark.parametrize("case", ELEMENTS, ids=[case[0]["type"] for case in ELEMENTS])
def test_an_element_of_a_message_tells_the_app_what_was_chosen(
    app: App, web: WebClient, dana: UserClient, case: tuple[dict[str, Any], Any, str, Any]
) -> None:
    element, value, name, told = case
    blocks = [{"type": "actions", "elements": [{**element, "action_id": "it"}]}]
    ts = web.chat_postMessage(channel=OPS, text="choose", blocks=blocks)["ts"]
    payload, _ = app.take(dana.operate, "it", value, channel=OPS, message_ts=ts)
    [action] = payload["actions"]
    seen = action[name]
    flat = [one["value"] for one in seen] if seen and isinstance(seen, list) and isinstance(seen[0], dict) else seen
    assert (flat["value"] if isinstance(flat, dict) else flat) == told
    assert payload["type"] == "block_actions"
    assert ("it" in json.dumps(payload["state"])) is (element["type"] != "overflow")


def test_a_choice_that_is_not_offered_is_refused(web: WebClient, dana: UserClient) -> None:
    blocks = [{"type": "actions", "elements": [ELEMENTS[0][0] | {"action_id": "it"}]}]
    ts = web.chat_postMessage(channel=OPS, text="choose", blocks=blocks)["ts"]
    with pytest.raises(UserClientError, match="invalid_value"):
        dana.operate("it", "c", channel=OPS, message_ts=ts)


MENU = field("host", {"type": "external_select", "action_id": "host", "min_query_length": 1}, dispatch_action=True)


def opened(app: App, web: WebClient, dana: UserClient) -> dict[str, Any]:
    payload, result = app.take(dana.shortcut, "ask_anybody")
    assert (payload["type"], payload["callback_id"], result["ok"]) == ("shortcut", "ask_anybody", True)
    assert "channel" not in payload
    assert "response_url" not in payload
    return dict(web.views_open(trigger_id=payload["trigger_id"], view=modal(MENU))["view"])


def test_a_shortcut_opens_a_form_and_its_menu_is_filled_by_the_app(
    app: App,
    web: WebClient,
    dana: UserClient,
) -> None:
    view = opened(app, web, dana)
    assert dana.suggest("", "host") == []
    payload, options = app.take(dana.suggest, "com", "host", answer={"options": [option("comp1"), option("comp2")]})
    assert (payload["type"], payload["value"], payload["action_id"]) == ("block_suggestion", "com", "host")
    assert (payload["block_id"], payload["view"]["id"]) == ("host", view["id"])
    assert "trigger_id" not in payload
    assert [each["value"] for each in options] == ["comp1", "comp2"]
    chosen, _ = app.take(dana.operate, "host", "comp2")
    assert chosen["actions"][0]["selected_option"]["value"] == "comp2"
    assert chosen["view"]["state"]["values"]["host"]["host"]["selected_option"]["value"] == "comp2"
    with pytest.raises(UserClientError, match="invalid_value"):
        dana.operate("host", "never-suggested")


def test_a_menu_in_a_message_is_filled_by_the_app_too(
    app: App, web: WebClient, workspace: Workspace, dana: UserClient
) -> None:
    element = {"type": "external_select", "action_id": "host", "min_query_length": 1}
    posted = web.chat_postMessage(channel=OPS, text="x", blocks=[{"type": "actions", "elements": [element]}])
    where = {"channel": OPS, "message_ts": posted["ts"]}
    payload, options = app.take(dana.suggest, "com", "host", answer={"options": [option("comp1")]}, **where)
    assert (payload["type"], payload["container"]["message_ts"]) == ("block_suggestion", posted["ts"])
    assert (payload["channel"]["id"], payload["message"]["ts"]) == (OPS, posted["ts"])
    assert {"view", "trigger_id", "response_url"} & set(payload) == set()
    assert [each["value"] for each in options] == ["comp1"]
    chosen, _ = app.take(dana.operate, "host", "comp1", **where)
    assert chosen["actions"][0]["selected_option"]["value"] == "comp1"
    with pytest.raises(UserClientError, match="invalid_value"):
        dana.operate("host", "never-suggested", **where)
    with pytest.raises(UserClientError, match="message_not_found"):
        dana.suggest("com", "host", channel=OPS, message_ts="1.000001")
    secret = web.chat_postEphemeral(channel=OPS, user=DANA, text="x", blocks=posted["message"]["blocks"])
    with pytest.raises(UserClientError, match="message_not_found"):
        UserClient(workspace.url, "bo").suggest("com", "host", channel=OPS, message_ts=secret["message_ts"])


@pytest.mark.parametrize(
    "answer",
    [None, {"options": [option("x")] * 101}, {"options": [option("x" * 76)]}, {"options": [{"value": "x"}]}, {}],
)
def test_an_answer_that_slack_would_not_take_fills_nothing(
    app: App,
    web: WebClient,
    dana: UserClient,
    answer: Any,
) -> None:
    opened(app, web, dana)
    _, options = app.take(dana.suggest, "c", "host", answer=answer)
    assert options == []
