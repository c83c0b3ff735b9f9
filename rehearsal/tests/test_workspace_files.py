"""Files, ordinary messages, and reading only what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace
from rehearsal.slack.methods import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

OPS = "C0OPS00001"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE, scopes=SCOPES) as workspace:
        yield workspace


@pytest.fixture
def web(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def dana(workspace: Workspace) -> UserClient:
    return UserClient(workspace.url, "dana")


def test_a_file_comes_in_by_its_upload_url_and_stands_in_the_channel(
    web: WebClient, workspace: Workspace, dana: UserClient
) -> None:
    web.files_upload_v2(channel=OPS, filename="report.csv", title="Report", content="a;b\n", initial_comment="here")
    message = dana.state()["messages"][-1]
    [file] = message["files"]
    assert (message["text"], file["name"], file["title"], file["size"]) == ("here", "report.csv", "Report", 4)
    answer = requests.get(workspace.url + file["url_private"], timeout=5)
    assert answer.content == b"a;b\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="report.csv"'


def test_a_file_is_not_shown_where_the_bot_is_no_member_or_before_its_bytes_came(web: WebClient) -> None:
    asked = web.files_getUploadURLExternal(filename="x.txt", length=3)
    with pytest.raises(SlackApiError, match="file_not_found"):
        web.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id=OPS)
    assert requests.post(str(asked["upload_url"]), data=b"four", timeout=5).status_code == 400
    with pytest.raises(SlackApiError, match="not_in_channel"):
        web.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id="C0PARTNER1")


@pytest.mark.parametrize("content", [b"a;b\n", b"\x89PNG\r\n\x1a\n--x\r\n", b"\r\n"])
@pytest.mark.parametrize("form", [True, False])
def test_the_bytes_come_raw_or_as_the_file_of_a_form(
    web: WebClient, dana: UserClient, *, content: bytes, form: bool
) -> None:
    asked = web.files_getUploadURLExternal(filename="x.bin", length=len(content))
    how: dict[str, Any] = {"files": {"filename": ("x.bin", content)}, "data": {"n": "1"}} if form else {"data": content}
    assert requests.post(str(asked["upload_url"]), **how, timeout=5).status_code == 200
    web.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id=OPS)
    (file,) = dana.messages()[-1].files
    assert (file.name, file.size, dana.download(file)) == ("x.bin", len(content), content)


def test_a_form_without_a_file_is_refused(web: WebClient) -> None:
    asked = web.files_getUploadURLExternal(filename="x.bin", length=1)
    form = {"n": (None, "1")}
    assert requests.post(str(asked["upload_url"]), files=form, timeout=5).status_code == 400


def test_people_talk_to_each_other_and_mentions_become_mentions(workspace: Workspace, dana: UserClient) -> None:
    ts = dana.say("@bo look at <this> & that, nobody@example.com", "#ops")
    UserClient(workspace.url, "bo").say("seen", "#ops", thread_ts=ts)
    first, reply = dana.state()["messages"]
    assert first["text"] == "<@U0BO000001> look at &lt;this&gt; &amp; that, nobody@example.com"
    assert (reply["thread_ts"], reply["author_name"]) == (ts, "Bo")


def test_only_what_changed_is_read_again(web: WebClient, workspace: Workspace) -> None:
    def state(after: int) -> Any:
        query = {"as": "dana", "after": str(after), "versions": "no"}
        return requests.get(f"{workspace.url}/rehearsal/state", params=query, timeout=5).json()

    first, second = (web.chat_postMessage(channel=OPS, text=text)["ts"] for text in ("first", "second"))
    before = state(0)
    web.chat_update(channel=OPS, ts=str(first), text="first, again")
    web.chat_delete(channel=OPS, ts=str(second))
    after = state(before["change"])
    assert [one["text"] for one in after["messages"]] == ["first, again"]
    assert after["deleted"] == [[OPS, second]]
    assert state(after["change"])["messages"] == []
