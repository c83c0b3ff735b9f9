"""Who sees what in the workspace, what people do there, and what the app is told of it."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests
from slack_sdk import WebClient
from websockets.sync.client import connect

from rehearsal.slack import (
    SHIPPED_WORKSPACE,
    NoSuchButtonError,
    SetClock,
    UserClient,
    UserClientError,
    Workspace,
)
from rehearsal_testing.socket_app import Wire, draw_button

OPS = "C0OPS00001"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def workspace(clock: SetClock) -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE, clock=clock) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def shared_workspace() -> Iterator[Workspace]:
    """One for all the refusals, which leave nothing behind in it."""
    with Workspace.from_file(SHIPPED_WORKSPACE) as workspace:
        yield workspace


@pytest.fixture
def web(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def app(workspace: Workspace, web: WebClient) -> Iterator[Wire]:
    link = str(web.apps_connections_open(app_token=workspace.app_token)["url"])
    with connect(link) as socket, ThreadPoolExecutor() as pool:
        socket.recv()
        yield Wire(socket, pool)


def texts(workspace: Workspace, user: str) -> list[str]:
    return [message.text for message in UserClient(workspace.url, user).messages()]


def test_everybody_sees_what_is_meant_for_them(workspace: Workspace, web: WebClient) -> None:
    web.chat_postMessage(channel=OPS, text="for ops")
    web.chat_postMessage(channel="C0APPROVE1", text="for approvals")
    web.chat_postMessage(channel="U0DANA0001", text="for dana")
    web.chat_postEphemeral(channel=OPS, user="U0BO000001", text="for bo's eyes")
    assert texts(workspace, "dana") == ["for ops", "for approvals", "for dana"]
    assert texts(workspace, "U0BO000001") == ["for ops", "for approvals", "for bo's eyes"]
    assert texts(workspace, "gus") == ["for ops"]
    assert texts(workspace, "fay") == []


def test_a_command_carries_slacks_fields(workspace: Workspace, app: Wire) -> None:
    payload = app.take(UserClient(workspace.url, "dana").command, "/logoff  comp1 a<b & c>d “x” CORP\\bob ")
    assert {name: payload[name] for name in payload if name not in {"token", "trigger_id", "response_url"}} == {
        "team_id": "T0HOME0001",
        "team_domain": "rehearsal",
        "channel_id": OPS,
        "channel_name": "ops",
        "user_id": "U0DANA0001",
        "user_name": "dana",
        "command": "/logoff",
        "text": "comp1 a&lt;b &amp; c&gt;d “x” CORP\\bob",
        "api_app_id": "A0LOGOFF01",
        "is_enterprise_install": "false",
    }
    assert payload["response_url"].startswith(f"{workspace.url}/commands/T0HOME0001/")


@pytest.mark.parametrize(
    ("user", "channel", "seen"),
    [
        ("dana", "#war-room", ("C0WARROOM1", "privategroup", "T0HOME0001", "rehearsal")),
        ("dana", "@logoffbot", ("D0DANA0001", "directmessage", "T0HOME0001", "rehearsal")),
        ("gus", None, (OPS, "ops", "T0HOME0001", "rehearsal")),
        ("fay", None, ("C0PARTNER1", "partners", "T0OTHER001", "elsewhere")),
    ],
)
def test_a_command_says_where_and_whose_it_is(
    workspace: Workspace, app: Wire, user: str, channel: str | None, seen: tuple[str, ...]
) -> None:
    payload = app.take(UserClient(workspace.url, user).command, "/logoff", channel)
    assert tuple(payload[name] for name in ("channel_id", "channel_name", "team_id", "team_domain")) == seen


@pytest.mark.parametrize(
    ("user", "text", "channel", "error"),
    [
        ("dee", "/logoff", None, "account_inactive"),
        ("oli", "/logoff", "partners", "not_in_channel"),
        ("dana", "/logoff", "nowhere", "channel_not_found"),
        ("dana", "/logoff", "old-ops", "is_archived"),
        ("dana", "hello", None, "not_a_command"),
        ("nobody", "/logoff", None, "user_not_found"),
        ("logoffbot", "/logoff", None, "user_not_found"),
    ],
)
def test_who_cannot_type_there_is_refused(
    shared_workspace: Workspace, user: str, text: str, channel: str | None, error: str
) -> None:
    with pytest.raises(UserClientError) as refused:
        UserClient(shared_workspace.url, user).command(text, channel)
    assert refused.value.error == error


def test_a_command_that_no_app_has_is_answered_by_slackbot(workspace: Workspace) -> None:
    dana = UserClient(workspace.url, "dana")
    assert dana.command("/nothing").error == "invalid_command"
    (told,) = dana.messages()
    assert (told.author_name, told.text, told.ephemeral) == ("Slackbot", "/nothing is not a valid command.", True)


def test_a_press_carries_slacks_fields(workspace: Workspace, web: WebClient, app: Wire) -> None:
    ask = {"type": "plain_text", "text": "Sure?"}
    confirm = {"title": ask, "text": ask, "confirm": ask, "deny": ask}
    blocks = draw_button("Log off 1", action_id="go", confirm=confirm, style="danger")
    ts = web.chat_postMessage(channel=OPS, text="card", blocks=blocks)["ts"]
    payload = app.take(UserClient(workspace.url, "bo").press, "Log off 1")
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": "U0BO000001", "username": "bo", "name": "bo", "team_id": "T0HOME0001"}
    assert payload["container"] == {"type": "message", "message_ts": ts, "channel_id": OPS, "is_ephemeral": False}
    assert payload["channel"] == {"id": OPS, "name": "ops"}
    assert payload["team"] == {"id": "T0HOME0001", "domain": "rehearsal"}
    assert (payload["message"]["text"], payload["message"]["bot_id"]) == ("card", "B0BOT00001")
    (action,) = payload["actions"]
    assert action.pop("action_ts")
    assert action.pop("block_id") == payload["message"]["blocks"][0]["block_id"]
    face = {"type": "plain_text", "text": "Log off 1", "emoji": True}
    assert action == {"type": "button", "action_id": "go", "value": "TS-1:1", "style": "danger", "text": face}


def test_a_press_on_an_ephemeral_message_carries_no_message(workspace: Workspace, web: WebClient, app: Wire) -> None:
    web.chat_postEphemeral(channel=OPS, user="U0BO000001", text="card", blocks=draw_button("Go"))
    payload = app.take(UserClient(workspace.url, "bo").press, "Go")
    assert payload["container"]["is_ephemeral"]
    assert "message" not in payload


def test_an_older_drawing_can_still_be_pressed(workspace: Workspace, web: WebClient, app: Wire) -> None:
    bo = UserClient(workspace.url, "bo")
    ts = web.chat_postMessage(channel=OPS, text="old", blocks=draw_button("Log off 1", "TS-1:1"))["ts"]
    web.chat_update(channel=OPS, ts=ts, text="new", blocks=draw_button("Log off 1", "TS-1:2"))
    web.chat_update(channel=OPS, ts=ts, text="done")
    with pytest.raises(NoSuchButtonError):
        bo.press("Log off 1")
    old = [app.take(bo.press, "Log off 1", **which) for which in ({"version": 0}, {"stale_value": "TS-1:1"})]
    assert [(one["message"]["text"], one["actions"][0]["value"]) for one in old] == [("old", "TS-1:1")] * 2
    assert app.take(bo.press, "Log off", version=-2)["actions"][0]["value"] == "TS-1:2"


def test_a_whole_text_beats_a_beginning_and_the_newest_message_beats_the_others(
    workspace: Workspace, web: WebClient, app: Wire
) -> None:
    bo = UserClient(workspace.url, "bo")
    first = str(web.chat_postMessage(channel=OPS, text="1", blocks=draw_button("Log off", "first"))["ts"])
    web.chat_postMessage(channel=OPS, text="2", blocks=draw_button("Log off 2", "second"))
    web.chat_postMessage(channel="C0APPROVE1", text="3", blocks=draw_button("Log off 2", "third"))
    values = [
        app.take(bo.press, text, **narrower)["actions"][0]["value"]
        for text, narrower in (
            ("Log off", {}),
            ("Log off 2", {}),
            ("Log", {}),
            ("Log off 2", {"channel": "#ops"}),
            ("Log", {"message_ts": first}),
        )
    ]
    assert values == ["first", "third", "third", "second", "first"]


def test_a_button_that_is_not_there_is_answered_with_those_that_are(workspace: Workspace, web: WebClient) -> None:
    web.chat_postMessage(channel="C0APPROVE1", text="card", blocks=draw_button("Cancel"))
    with pytest.raises(NoSuchButtonError, match=r'no button "Log off"\. There is: "Cancel"'):
        UserClient(workspace.url, "oli").press("Log off")
    with pytest.raises(NoSuchButtonError, match="none at all"):
        UserClient(workspace.url, "gus").press("Cancel")


def test_an_option_of_an_overflow_menu_is_found_and_pressed_like_a_button(
    workspace: Workspace, web: WebClient, app: Wire
) -> None:
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [
            {"text": {"type": "plain_text", "text": text}, "value": value}
            for text, value in (("Choose...", "choose"), ("Cancel (requester)", "cancel"))
        ],
    }
    buttons = draw_button("Log off 1")
    buttons[0]["elements"].append(menu)
    web.chat_postMessage(channel="C0APPROVE1", text="card", blocks=buttons)
    oli = UserClient(workspace.url, "oli")
    assert oli.messages()[-1].buttons == ("Log off 1", "Choose...", "Cancel (requester)")
    action = app.take(oli.press, "Cancel")["actions"][0]
    assert (action["type"], action["action_id"], action["selected_option"]["value"]) == ("overflow", "more", "cancel")
    assert "options" not in action
    with pytest.raises(NoSuchButtonError, match=r'There is: "Log off 1", "Choose...", "Cancel \(requester\)"'):
        oli.press("Stop")


def test_stamps_grow_while_the_clock_stands_still(web: WebClient, clock: SetClock) -> None:
    first, second = (web.chat_postMessage(channel=OPS, text="x")["ts"] for _ in range(2))
    clock.advance(timedelta(seconds=5))
    third = web.chat_postMessage(channel=OPS, text="x")["ts"]
    seconds = int(START.timestamp())
    assert [first, second, third] == [f"{seconds}.000000", f"{seconds}.000001", f"{seconds + 5}.000000"]


def test_a_page_hears_of_every_change(workspace: Workspace, web: WebClient) -> None:
    with requests.get(f"{workspace.url}/rehearsal/events", stream=True, timeout=5) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines) == ": here"
        ts = web.chat_postMessage(channel=OPS, text="x")["ts"]
        data = next(line for line in lines if line.startswith("data:") and "message" in line)
    assert json.loads(data.removeprefix("data:"))["ts"] == ts


def test_the_workspace_stops_while_a_page_listens(workspace: Workspace) -> None:
    with requests.get(f"{workspace.url}/rehearsal/events", stream=True, timeout=5) as stream:
        stopping = threading.Thread(target=workspace.stop)
        stopping.start()
        assert b": here" in list(stream.iter_lines())
        stopping.join()


def test_only_this_machine_is_answered(workspace: Workspace) -> None:
    state = f"{workspace.url}/rehearsal/state?as=dana"
    assert requests.get(state, headers={"Host": "evil.example"}, timeout=5).status_code == 400
    assert requests.get(state, headers={"Origin": "http://evil.example"}, timeout=5).status_code == 403
    assert requests.get(state, headers={"Origin": "http://localhost:1"}, timeout=5).status_code == 200
    form = requests.post(f"{workspace.url}/rehearsal/command", data="{}", timeout=5)
    assert (form.status_code, form.json()["error"]) == (415, "json_only")
    wrong = requests.post(f"{workspace.url}/rehearsal/command", json={"user": "dana"}, timeout=5)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")


def test_faults_are_planned_listed_and_cleared_over_http(workspace: Workspace, web: WebClient) -> None:
    faults = f"{workspace.url}/rehearsal/faults"
    requests.post(faults, json={"method": "auth.test", "kind": "server_error", "times": 9}, timeout=5)
    assert requests.get(faults, timeout=5).json()["faults"][0]["times"] == 9
    requests.delete(faults, timeout=5)
    assert web.auth_test()["ok"]
