"""Forms, the home tab and elements of the workspace: what people do, what the app is told, what it may answer."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.sync.client import ClientConnection, connect

from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, UserClientError, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

OPS = "C0OPS00001"
DANA = "U0DANA0001"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


def field(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


HOST = field("host", {"type": "plain_text_input", "action_id": "host", "max_length": 8})
WAY = field("way", {"type": "static_select", "action_id": "way", "options": [option("logoff"), option("disconnect")]})
FLAGS = field("flags", {"type": "checkboxes", "action_id": "flags", "options": [option("sync")]}, optional=True)


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    submit = {"submit": plain("Go")}
    return {"type": "modal", "callback_id": "ask", "title": plain("Ask"), "blocks": list(blocks), **submit, **more}


class App:
    """The app's end of a socket: `take` starts what a person does, and acks what arrives with `answer`."""

    def __init__(self, socket: ClientConnection, pool: ThreadPoolExecutor) -> None:
        self._socket = socket
        self._pool = pool

    def take(self, act: Any, *arguments: Any, answer: Any = None, **options: Any) -> tuple[Any, Any]:
        """The payload as the app got it, and what the person was told."""
        doing: Future[Any] = self._pool.submit(act, *arguments, **options)
        envelope = json.loads(self._socket.recv(5))
        ack = {"envelope_id": envelope["envelope_id"], **({"payload": answer} if answer is not None else {})}
        self._socket.send(json.dumps(ack))
        return envelope["payload"], doing.result(5)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as workspace:
        yield workspace


@pytest.fixture
def web(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def app(workspace: Workspace, web: WebClient) -> Iterator[App]:
    link = str(web.apps_connections_open(app_token=workspace.app_token)["url"])
    with connect(link) as socket, ThreadPoolExecutor() as pool:
        socket.recv()
        yield App(socket, pool)


@pytest.fixture
def dana(workspace: Workspace) -> UserClient:
    return UserClient(workspace.url, "dana")


def open_form(app: App, web: WebClient, person: UserClient, view: dict[str, Any]) -> dict[str, Any]:
    payload, _ = app.take(person.command, "/logoff")
    opened: dict[str, Any] = web.views_open(trigger_id=payload["trigger_id"], view=view)["view"]
    return opened


def values_of(view: dict[str, Any]) -> dict[str, Any]:
    return {name: held for block in view["state"]["values"].values() for name, held in block.items()}


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
