"""Slack's Web API in this process, as its client shows it: messages that stand, and every way to refuse a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from http.client import RemoteDisconnected
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.errors import ChatError

if TYPE_CHECKING:
    from bot.domain.posting import MessageRef

METHODS = (
    "chat_postMessage",
    "chat_postEphemeral",
    "chat_update",
    "chat_delete",
    "chat_getPermalink",
    "conversations_info",
    "conversations_open",
)
"""The methods that the bot's messages need."""


class Refusal(StrEnum):
    """How a call is refused; any other text is Slack's name of an error."""

    RATE_SHORT = "rate limit of 2 s"
    RATE_LONG = "rate limit longer than any card lives"
    LOST = "carried out, and the answer is lost"
    SLOW = "carried out, and the answer comes too late"
    SILENT = "not carried out, and no answer comes"
    CUT = "the connection is not made"
    BROKEN = "HTTP 500 with a page of HTML"


@dataclass(slots=True)
class Message:
    """A message of the bot as it stands."""

    channel: str
    text: str
    blocks: list[dict[str, Any]]
    thread: str | None = None

    @property
    def words(self) -> str:
        return f"{self.text} {self.blocks}"

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons, and of what is folded away behind them."""
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        labelled = [one for row in rows for element in row for one in element.get("options", [element])]
        return [one["text"]["text"] for one in labelled]

    @property
    def decides(self) -> bool:
        """Whether a button of it acts on its request. A command on a button asks anew, and a pick only shows."""
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        harmless = ("press_ask:", "press_pick", "press_holders")
        return any(not element.get("action_id", "").startswith(harmless) for row in rows for element in row)


@dataclass(slots=True)
class Fault:
    """What the next calls of a method meet; `times` None: all of them."""

    refusal: str
    times: int | None


@dataclass(slots=True)
class FakeSlack:
    """`standing` are the messages in channels and direct messages, `private` what one person alone was shown."""

    standing: dict[tuple[str, str], Message] = field(default_factory=dict)
    private: list[tuple[str, Message]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    """Channels that the bot was removed from."""
    timeout: int = 30
    ssl: None = None
    proxy: None = None
    _numbers: Any = field(default_factory=count)

    def refuse(self, method: str, refusal: str, times: int | None = None) -> None:
        self.faults[method] = Fault(refusal, times)

    def take_away(self, message_ref: MessageRef) -> None:
        """Somebody deletes the message."""
        del self.standing[message_ref.channel_id, message_ref.ts]

    # The client

    def chat_postMessage(self, *, channel: str, text: str, **more: Any) -> SlackResponse:  # noqa: N802 - Slack's name
        late = self._enter("chat_postMessage")
        self._refuse_closed(channel)
        ts = f"{next(self._numbers) + 1}.000"
        message = Message(channel=channel, text=text, blocks=more.get("blocks") or [], thread=more.get("thread_ts"))
        self.standing[channel, ts] = message
        return _leave(late, {"channel": channel, "ts": ts})

    def chat_postEphemeral(self, *, channel: str, user: str, text: str, blocks: Any = None) -> SlackResponse:  # noqa: N802
        late = self._enter("chat_postEphemeral")
        self._refuse_closed(channel)
        self.private.append((user, Message(channel=channel, text=text, blocks=blocks or [])))
        return _leave(late, {"message_ts": "1"})

    def chat_update(self, *, channel: str, ts: str, text: str, blocks: Any) -> SlackResponse:
        late = self._enter("chat_update")
        self._refuse_closed(channel)
        message = self._find(channel, ts)
        message.text, message.blocks = text, blocks or []
        return _leave(late, {})

    def chat_delete(self, *, channel: str, ts: str) -> SlackResponse:
        late = self._enter("chat_delete")
        self._find(channel, ts)
        del self.standing[channel, ts]
        return _leave(late, {})

    def chat_getPermalink(self, *, channel: str, message_ts: str) -> SlackResponse:  # noqa: N802 - Slack's name
        late = self._enter("chat_getPermalink")
        self._find(channel, message_ts)
        return _leave(late, {})

    def conversations_info(self, *, channel: str) -> SlackResponse:
        late = self._enter("conversations_info")
        return _leave(late, {"channel": self._about(channel)})

    def conversations_open(self, *, users: str) -> SlackResponse:
        late = self._enter("conversations_open")
        return _leave(late, {"channel": {"id": f"D{users}"}})

    def _about(self, channel: str) -> dict[str, Any]:
        is_archived, is_shared = channel in self.archived, channel in self.shared
        return {"id": channel, "is_archived": is_archived, "is_ext_shared": is_shared}

    def _refuse_closed(self, channel: str) -> None:
        if channel in self.archived:
            raise _api_error("is_archived")
        if channel in self.left:
            raise _api_error("not_in_channel")

    def _find(self, channel: str, ts: str) -> Message:
        if (channel, ts) not in self.standing:
            raise _api_error("message_not_found")
        return self.standing[channel, ts]

    def _enter(self, method: str) -> Exception | None:
        """Raise what the call meets; return what is raised once it was carried out."""
        self.called.append(method)
        fault = self.faults.get(method)
        if fault is None or fault.times == 0:
            return None
        if fault.times:
            fault.times -= 1
        error = _error(fault.refusal)
        if fault.refusal in (Refusal.LOST, Refusal.SLOW):
            return error
        raise error


class FakeUrls:
    """The response URLs without HTTP: what was answered to which command."""

    def __init__(self, *, works: bool = True) -> None:
        self.works, self.answers = works, list[tuple[str, str]]()

    def keep(self, request_id: str, url: str) -> None: ...

    def answer(self, request_id: str, text: str) -> None:
        if not self.works:
            raise ChatError("There is no way left to answer the command itself.", retryable=False)
        self.answers.append((request_id, text))


def _leave(late: Exception | None, answer: dict[str, Any]) -> SlackResponse:
    if late:
        raise late
    return _response({"ok": True, **answer})


def _error(refusal: str) -> Exception:
    match refusal:
        case Refusal.LOST:
            return RemoteDisconnected("Remote end closed connection without response")
        case Refusal.SLOW | Refusal.SILENT:
            return TimeoutError("The read operation timed out")
        case Refusal.CUT:
            return URLError(ConnectionResetError("reset"))
        case Refusal.BROKEN:
            return _api_error("Received a response in a non-JSON format: <html>", status=500)
        case Refusal.RATE_SHORT | Refusal.RATE_LONG:
            seconds = "2" if refusal == Refusal.RATE_SHORT else "86400"
            return _api_error("ratelimited", status=429, headers={"Retry-After": seconds})
        case _:
            return _api_error(refusal)


def _api_error(name: str, *, status: int = 200, headers: dict[str, str] | None = None) -> SlackApiError:
    return SlackApiError("The request failed", _response({"ok": False, "error": name}, status, headers or {}))  # type: ignore[no-untyped-call] # Slack's


def _response(data: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> SlackResponse:
    return SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
