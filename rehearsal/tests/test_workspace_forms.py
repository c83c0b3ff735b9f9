"""Forms and the home tab of the workspace: what people do, what the app is told, what it may answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError

from rehearsal.slack import UserClient, UserClientError, Workspace
from rehearsal_testing import form_app
from rehearsal_testing.form_app import (
    DANA,
    FLAGS,
    HOST,
    WAY,
    App,
    field,
    modal,
    open_form,
    plain,
    values_of,
)

if TYPE_CHECKING:
    from slack_sdk import WebClient

workspace, web, app, dana = form_app.workspace, form_app.web, form_app.app, form_app.dana  # the fixtures


def test_a_form_is_filled_in_sent_off_and_closed(app: App, web: WebClient, dana: UserClient) -> None:
    view = open_form(app, web, dana, modal(HOST, WAY, FLAGS, private_metadata="TS-1"))
    assert [one["id"] for one in dana.state()["views"]] == [view["id"]]
    payload, told = app.take(dana.submit, host="comp1", way="logoff", flags=["sync"])
    assert (payload["type"], payload["view"]["private_metadata"], payload["user"]["id"]) == (
        "view_submission",
        "TS-1",
        DANA,
    )
    assert values_of(payload["view"]) == {
        "host": {"type": "plain_text_input", "value": "comp1"},
        "way": {
            "type": "static_select",
            "selected_option": WAY["element"]["options"][0] | {"text": plain("Logoff") | {"emoji": True}},
        },
        "flags": {
            "type": "checkboxes",
            "selected_options": payload["view"]["state"]["values"]["flags"]["flags"]["selected_options"],
        },
    }
    assert (told["ok"], told["errors"]) == (True, {})
    assert dana.state()["views"] == []


def test_what_is_missing_is_said_by_slack_and_never_reaches_the_app(app: App, web: WebClient, dana: UserClient) -> None:
    open_form(app, web, dana, modal(HOST, WAY, FLAGS))
    told = dana.submit(host="a name that is too long")
    assert told["errors"] == {
        "host": "Please enter 8 characters or fewer.",
        "way": "Please complete this required field.",
    }
    assert len(dana.state()["views"]) == 1


def test_errors_of_the_app_keep_the_form_open(app: App, web: WebClient, dana: UserClient) -> None:
    open_form(app, web, dana, modal(HOST))
    refusal = {"response_action": "errors", "errors": {"host": "not in the inventory"}}
    _, told = app.take(dana.submit, host="nowhere", answer=refusal)
    assert (told["ok"], told["errors"]) == (False, {"host": "not in the inventory"})
    assert values_of(dana.state()["views"][0])["host"]["value"] == "nowhere"


def test_an_error_for_a_block_that_is_not_there_is_the_apps_fault(app: App, web: WebClient, dana: UserClient) -> None:
    open_form(app, web, dana, modal(HOST))
    _, told = app.take(dana.submit, host="x", answer={"response_action": "errors", "errors": {"hots": "typo"}})
    assert told["error"] == "invalid_view_response"
    assert len(dana.state()["views"]) == 1


def test_update_push_and_clear_do_what_slack_does(app: App, web: WebClient, dana: UserClient) -> None:
    first = open_form(app, web, dana, modal(HOST))
    app.take(dana.submit, host="a", answer={"response_action": "update", "view": modal(HOST, callback_id="second")})
    [view] = dana.state()["views"]
    assert (view["id"], view["callback_id"], values_of(view)["host"]["value"]) == (first["id"], "second", "a")
    app.take(dana.submit, answer={"response_action": "push", "view": modal(WAY)})
    lower, upper = dana.state()["views"]
    assert (upper["previous_view_id"], upper["root_view_id"]) == (lower["id"], lower["id"])
    app.take(dana.submit, way="logoff", answer={"response_action": "clear"})
    assert dana.state()["views"] == []


def test_three_forms_are_the_most(app: App, web: WebClient, dana: UserClient) -> None:
    open_form(app, web, dana, modal(HOST))
    push = {"response_action": "push", "view": modal(HOST)}
    for expected in (None, None, "invalid_view_response"):
        _, told = app.take(dana.submit, host="a", answer=push)
        assert told["error"] == expected
    assert len(dana.state()["views"]) == 3


def test_the_app_hears_of_a_close_only_when_it_asked_to(app: App, web: WebClient, dana: UserClient) -> None:
    open_form(app, web, dana, modal(HOST))
    assert dana.close()["ok"]
    open_form(app, web, dana, modal(HOST, notify_on_close=True))
    payload, _ = app.take(dana.close, everything=True)
    assert (payload["type"], payload["is_cleared"], dana.state()["views"]) == ("view_closed", True, [])


def test_a_trigger_opens_one_form_and_an_old_hash_changes_none(app: App, web: WebClient, dana: UserClient) -> None:
    payload, _ = app.take(dana.command, "/logoff")
    view = web.views_open(trigger_id=payload["trigger_id"], view=modal(HOST))["view"]
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        web.views_open(trigger_id=payload["trigger_id"], view=modal(HOST))
    web.views_update(view_id=view["id"], hash=view["hash"], view=modal(WAY))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        web.views_update(view_id=view["id"], hash=view["hash"], view=modal(WAY))


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (modal(HOST) | {"title": plain("x" * 25)}, "/view/title/text"),
        ({"type": "modal", "title": plain("x"), "blocks": [HOST]}, "missing required field: submit"),
        (modal({"type": "table", "rows": [[{"type": "raw_text", "text": "-"}]]}), "unsupported type: table"),
        (modal(*[{"type": "divider"}] * 101), "no more than 100 items"),
        (modal(HOST, HOST), "block_id already exists"),
        (modal(HOST, colour="red"), "invalid additional property: colour"),
        (modal(HOST) | {"type": "home"}, "must be one of: modal"),
    ],
)
def test_a_view_that_slack_would_not_take_is_refused(
    app: App, web: WebClient, dana: UserClient, view: Any, words: str
) -> None:
    payload, _ = app.take(dana.command, "/logoff")
    with pytest.raises(SlackApiError) as refused:
        web.api_call("views.open", json={"trigger_id": payload["trigger_id"], "view": view})
    assert refused.value.response["error"] == "invalid_arguments"
    assert words in json.dumps(refused.value.response["response_metadata"])


def test_nobody_reaches_into_anothers_form(app: App, web: WebClient, workspace: Workspace, dana: UserClient) -> None:
    view = open_form(app, web, dana, modal(HOST))
    with pytest.raises(UserClientError, match="no_such_view"):
        UserClient(workspace.url, "bo").operate("host", "comp9", view_id=view["id"])


def test_an_input_of_a_form_is_quiet_unless_it_asked_to_speak(app: App, web: WebClient, dana: UserClient) -> None:
    loud = field("loud", {"type": "plain_text_input", "action_id": "loud"}, dispatch_action=True)
    view = open_form(app, web, dana, modal(HOST, loud))
    assert dana.operate("host", "comp1")["acked_after"] is None
    payload, _ = app.take(dana.operate, "loud", "hello")
    assert (payload["container"], payload["view"]["id"]) == ({"type": "view", "view_id": view["id"]}, view["id"])
    assert values_of(payload["view"])["host"]["value"] == "comp1"
    assert "response_url" not in payload


def test_the_home_tab_is_each_persons_own(app: App, web: WebClient, workspace: Workspace, dana: UserClient) -> None:
    payload, _ = app.take(dana.open_home)
    assert payload["event"]["type"] == "app_home_opened"
    assert (payload["event"]["user"], payload["event"]["tab"]) == (DANA, "home")
    home = {"type": "home", "blocks": [{"type": "header", "text": plain("Your requests")}]}
    web.views_publish(user_id=DANA, view=home)
    assert dana.state()["home"]["blocks"][0]["text"]["text"] == "Your requests"
    assert UserClient(workspace.url, "bo").state()["home"] is None
