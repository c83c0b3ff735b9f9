"""The workspace's Web API: Slack's spellings, Slack's refusals, and faults on demand."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.client import RemoteDisconnected
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from rehearsal.slack import SHIPPED_WORKSPACE, Fault, FaultKind, UserClient, Workspace
from rehearsal.slack.methods import SCOPES
from rehearsal.slack.workspace_file import read_workspace

OPS, PRIVATE, ARCHIVED = "C0OPS00001", "C0WARROOM1", "C0OLDOPS01"
DIVIDER = {"type": "divider"}


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE, scopes=SCOPES) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def shared_workspace() -> Iterator[Workspace]:
    """One for all the refusals, which leave nothing behind in it."""
    with Workspace.from_file(SHIPPED_WORKSPACE, scopes=SCOPES) as workspace:
        yield workspace


@pytest.fixture
def web(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


def call(workspace: Workspace, method: str, token: str | None = None, **arguments: Any) -> Any:
    headers = {"Authorization": f"Bearer {token or workspace.bot_token}"}
    return requests.post(f"{workspace.api_url}{method}", json=arguments, headers=headers, timeout=10).json()


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NOWHERE1", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": PRIVATE, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": ARCHIVED, "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": OPS}, "no_text"),
        ("chat.postMessage", {"channel": OPS, "text": "  "}, "no_text"),
        ("chat.postMessage", {"channel": OPS, "text": 5}, "invalid_arguments"),
        ("chat.postMessage", {"channel": OPS, "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ("chat.postMessage", {"channel": OPS, "blocks": {}}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": OPS, "blocks": "[{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": OPS, "blocks": [DIVIDER] * 51}, "invalid_blocks"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "attachments": [{}]}, "attachments_not_rehearsed"),
        ("chat.postMessage", {"channel": "U0DEE00001", "text": "x"}, "user_disabled"),
        ("chat.postMessage", {"channel": "U0FAY00001", "text": "x"}, "user_not_visible"),
        ("chat.postEphemeral", {"channel": OPS, "user": "U0NOBODY01", "text": "x"}, "user_not_found"),
        ("chat.postEphemeral", {"channel": OPS, "user": "U0FAY00001", "text": "x"}, "user_not_in_channel"),
        ("chat.update", {"channel": OPS, "ts": "1.000001", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": OPS, "text": "x"}, "invalid_arguments"),
        ("chat.delete", {"channel": OPS, "ts": "1.000001"}, "message_not_found"),
        ("chat.getPermalink", {"channel": OPS, "message_ts": "1.000001"}, "message_not_found"),
        ("conversations.open", {"users": "U0NOBODY01"}, "user_not_found"),
        ("conversations.open", {"users": "U0BOT00001"}, "cannot_dm_bot"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.info", {"channel": PRIVATE}, "channel_not_found"),
        ("conversations.history", {"channel": "C0PARTNER1"}, "not_in_channel"),
        ("conversations.replies", {"channel": OPS, "ts": "1.000001"}, "thread_not_found"),
        ("conversations.list", {"types": "everything"}, "invalid_types"),
        ("users.info", {"user": "U0NOBODY01"}, "user_not_found"),
        ("users.list", {"cursor": "nonsense!"}, "invalid_cursor"),
        ("users.list", {"limit": 1001}, "invalid_limit"),
        ("usergroups.users.list", {"usergroup": "S0NONE0001"}, "no_such_subteam"),
        ("views.nothing", {}, "unknown_method"),
    ],
)
def test_a_wrong_call_is_refused_in_slacks_words(
    shared_workspace: Workspace, method: str, arguments: dict[str, Any], error: str
) -> None:
    answer = call(shared_workspace, method, **arguments)
    assert (answer["ok"], answer["error"]) == (False, error)


def test_tokens_are_checked(workspace: Workspace) -> None:
    url = f"{workspace.api_url}auth.test"
    assert requests.post(url, timeout=10).json()["error"] == "not_authed"
    assert call(workspace, "auth.test", token="xoxb-wrong")["error"] == "invalid_auth"
    assert call(workspace, "auth.test", token=workspace.app_token)["error"] == "not_allowed_token_type"
    assert call(workspace, "apps.connections.open")["error"] == "not_allowed_token_type"
    assert requests.get(url, params={"token": workspace.bot_token}, timeout=10).json()["bot_id"] == "B0BOT00001"


def test_json_form_and_query_say_the_same(workspace: Workspace) -> None:
    url, headers = f"{workspace.api_url}chat.postMessage", {"Authorization": f"Bearer {workspace.bot_token}"}
    fields = {"channel": OPS, "text": "über", "blocks": json.dumps([DIVIDER])}
    for kind in ("json", "data", "params"):
        assert requests.post(url, headers=headers, timeout=10, **{kind: fields}).json()["ok"]  # type: ignore[arg-type]  # one of three
    messages = workspace.store.list_messages(OPS)
    assert {(one.text, one.blocks[0]["type"]) for one in messages} == {("über", "divider")}
    assert len(messages) == 3
    broken = requests.post(url, data="{", headers={**headers, "Content-Type": "application/json"}, timeout=10)
    assert broken.json()["error"] == "invalid_json"


def test_invalid_blocks_name_the_block_and_the_field(web: WebClient) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    with pytest.raises(SlackApiError) as refused:
        web.chat_postMessage(channel=OPS, text="x", blocks=[DIVIDER, header])
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    ]


def test_blocks_that_are_too_long_together_are_refused(web: WebClient) -> None:
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2700}}] * 5
    with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
        web.chat_postMessage(channel=OPS, text="x", blocks=sections)


def test_an_update_without_blocks_takes_them_away(workspace: Workspace, web: WebClient) -> None:
    ts = web.chat_postMessage(channel=OPS, text="first", blocks=[DIVIDER])["ts"]
    answer = web.chat_update(channel=OPS, ts=ts, text="second")
    assert "blocks" not in answer["message"]
    (message,) = workspace.store.list_messages(OPS)
    assert [len(version.blocks) for version in message.versions] == [1, 0]
    assert call(workspace, "chat.update", channel=OPS, ts=ts, text="x" * 4001)["error"] == "msg_too_long"


def test_only_own_messages_can_be_changed(workspace: Workspace) -> None:
    message = workspace.store.post(OPS, "U0DANA0001", "mine", [])
    assert call(workspace, "chat.update", channel=OPS, ts=message.ts, text="x")["error"] == "cant_update_message"
    assert call(workspace, "chat.delete", channel=OPS, ts=message.ts)["error"] == "cant_delete_message"


def test_an_ephemeral_message_cannot_be_found_again(workspace: Workspace, web: WebClient) -> None:
    ts = web.chat_postEphemeral(channel=OPS, user="U0DANA0001", text="x")["message_ts"]
    assert call(workspace, "chat.update", channel=OPS, ts=ts, text="y")["error"] == "message_not_found"
    assert web.conversations_history(channel=OPS)["messages"] == []


def test_a_thread_stands_beside_the_channel(web: WebClient) -> None:
    root = web.chat_postMessage(channel="#ops", text="root")["ts"]
    reply = web.chat_postMessage(channel=OPS, text="reply", thread_ts=root)
    nested = web.chat_postMessage(channel=OPS, text="nested", thread_ts=reply["ts"])
    assert nested["message"]["thread_ts"] == root
    (shown,) = web.conversations_history(channel=OPS)["messages"]
    assert (shown["text"], shown["reply_count"]) == ("root", 2)
    texts = [one["text"] for one in web.conversations_replies(channel=OPS, ts=root)["messages"]]
    assert texts == ["root", "reply", "nested"]
    assert f"thread_ts={root}" in str(web.chat_getPermalink(channel=OPS, message_ts=reply["ts"])["permalink"])


def test_history_runs_backwards_page_by_page(web: WebClient) -> None:
    stamps = [str(web.chat_postMessage(channel=OPS, text=str(number))["ts"]) for number in range(5)]
    assert stamps == sorted(set(stamps))
    pages = [[one["text"] for one in page["messages"]] for page in web.conversations_history(channel=OPS, limit=2)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    later = web.conversations_history(channel=OPS, oldest=stamps[2])["messages"]
    assert [one["text"] for one in later] == ["4", "3"]
    one = web.conversations_history(channel=OPS, latest=stamps[2], inclusive=True, limit=1)["messages"]
    assert [message["text"] for message in one] == ["2"]


def test_direct_messages_are_opened_once(web: WebClient) -> None:
    opened = web.conversations_open(users="U0DANA0001")
    again = web.conversations_open(users=["U0DANA0001"], return_im=True)
    assert (
        opened["channel"]["id"]
        == again["channel"]["id"]
        == web.chat_postMessage(channel="U0DANA0001", text="x")["channel"]
    )
    assert (again["already_open"], again["channel"]["user"]) == (True, "U0DANA0001")


def test_channels_and_people_say_what_they_are(web: WebClient) -> None:
    assert web.conversations_info(channel="C0PARTNER1")["channel"]["is_ext_shared"]
    listed = web.conversations_list(types="public_channel,private_channel", exclude_archived=True)["channels"]
    assert {one["name"] for one in listed} == {"ops", "ts-approvals", "partners"}
    assert web.conversations_members(channel="C0PARTNER1")["members"] == ["U0DANA0001", "U0BO000001", "U0FAY00001"]
    people = {one["name"]: one for one in web.users_list()["members"]}
    assert people["gus"]["is_restricted"]
    assert people["gus"]["is_ultra_restricted"]
    assert people["dee"]["deleted"]
    assert "is_restricted" not in people["dee"]
    assert (people["fay"]["is_stranger"], people["fay"]["team_id"]) == (True, "T0OTHER001")
    assert "is_stranger" not in people["dana"]
    assert web.users_info(user="U0BOT00001")["user"]["is_bot"]
    assert web.usergroups_users_list(usergroup="S0ONCALL01")["users"] == ["U0DANA0001", "U0CHEN0001"]
    assert [one["handle"] for one in web.usergroups_list(include_users=True)["usergroups"]] == ["ts-leads", "oncall"]


def test_a_missing_scope_is_named() -> None:
    shipped = read_workspace(SHIPPED_WORKSPACE)
    poor = replace(shipped, app=replace(shipped.app, scopes=("chat:write",)))
    with Workspace(poor) as workspace:
        answer = call(workspace, "users.info", user="U0DANA0001")
        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "chat:write")
        assert call(workspace, "chat.postMessage", channel="C0PARTNER1", text="x")["error"] == "not_in_channel"
        assert call(workspace, "chat.postMessage", channel=OPS, text="x")["ok"]


def test_each_kind_of_conversation_needs_a_scope_of_its_own() -> None:
    others = [scope for scope in SCOPES if scope not in {"channels:read", "channels:history"}]
    with Workspace.from_file(SHIPPED_WORKSPACE, scopes=others) as workspace:
        for method, needed in (("conversations.info", "channels:read"), ("conversations.history", "channels:history")):
            answer = call(workspace, method, channel=OPS)
            assert (answer["error"], answer["needed"]) == ("missing_scope", needed)


def test_without_their_scope_commands_are_unknown_to_the_person() -> None:
    others = [scope for scope in SCOPES if scope != "commands"]
    with Workspace.from_file(SHIPPED_WORKSPACE, scopes=others) as workspace:
        dana = UserClient(workspace.url, "dana")
        assert dana.command("/logoff comp1").error == "invalid_command"
        assert "is not a valid command" in dana.messages()[-1].text


def test_a_busy_slack_answers_429_and_the_sdk_tries_again(workspace: Workspace, web: WebClient) -> None:
    workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.RATE_LIMITED, wait=timedelta(seconds=7)))
    with pytest.raises(SlackApiError) as refused:
        web.chat_postMessage(channel=OPS, text="x")
    response = refused.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.RATE_LIMITED))
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert web.chat_postMessage(channel=OPS, text="x")["ok"]
    assert [(one.error, one.fault) for one in workspace.store.calls] == [
        ("rate_limited", "rate_limited"),
        ("rate_limited", "rate_limited"),
        (None, None),
    ]


def test_a_fault_is_over_after_its_times(workspace: Workspace) -> None:
    workspace.plan(Fault(method="*", kind=FaultKind.ERROR, error="fatal_error", times=2))
    workspace.plan(Fault(method="api.test", kind=FaultKind.SERVER_ERROR))
    url = f"{workspace.api_url}api.test"
    assert [requests.post(url, timeout=10).text for _ in range(4)] == [
        '{"ok":false,"error":"fatal_error"}',
        '{"ok":false,"error":"fatal_error"}',
        "Internal Server Error",
        '{"ok":true,"args":{}}',
    ]


def test_latency_delays_a_call_that_is_still_carried_out(workspace: Workspace) -> None:
    workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.LATENCY, wait=timedelta(seconds=0.5)))
    url, headers = f"{workspace.api_url}chat.postMessage", {"Authorization": f"Bearer {workspace.bot_token}"}
    with pytest.raises(requests.ReadTimeout):
        requests.post(url, json={"channel": OPS, "text": "x"}, headers=headers, timeout=0.1)
    assert workspace.wait_until(lambda: len(workspace.store.list_messages(OPS)) == 1)


def test_a_lost_answer_leaves_the_message_and_makes_the_sdk_post_it_again(workspace: Workspace, web: WebClient) -> None:
    workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.ANSWER_LOST))
    web.retry_handlers.clear()
    with pytest.raises(RemoteDisconnected):
        web.chat_postMessage(channel=OPS, text="x")
    assert len(workspace.store.list_messages(OPS)) == 1
    workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.ANSWER_LOST))
    careless = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
    careless.chat_postMessage(channel=OPS, text="x")
    assert len(workspace.store.list_messages(OPS)) == 3


def test_the_log_of_calls_holds_no_token(workspace: Workspace) -> None:
    requests.post(
        f"{workspace.api_url}chat.postMessage",
        data={"token": workspace.bot_token, "channel": OPS, "text": "x"},
        timeout=10,
    )
    log = requests.get(f"{workspace.url}/rehearsal/calls", timeout=10)
    assert [one["arguments"] for one in log.json()["calls"] if one["ok"]][-1] == {"channel": OPS, "text": "x"}
    assert workspace.bot_token not in log.text
