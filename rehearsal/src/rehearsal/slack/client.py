"""A thin client of the control API, with which a program acts as one of the workspace's people."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import requests

PATIENCE = timedelta(seconds=30)
"""Longer than the workspace itself ever waits for an app."""


class UserClientError(RuntimeError):
    """The workspace refused; `error` is its code."""

    def __init__(self, error: str, sentence: str) -> None:
        super().__init__(sentence)
        self.error = error


class NoSuchButtonError(UserClientError):
    """`buttons` are the texts of those that are there."""

    def __init__(self, wanted: str, buttons: list[str]) -> None:
        there = ", ".join(f'"{text}"' for text in buttons) or "none at all"
        super().__init__("no_such_button", f'There is no button "{wanted}". There is: {there}.')
        self.buttons = tuple(buttons)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """`error` is what Slack shows when the app did not answer in time. `reply` is the text in the ack."""

    ok: bool
    error: str | None
    acked_after: timedelta | None
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressResult:
    """`confirmed` is the title of the confirmed dialog, None without a dialog."""

    ok: bool
    error: str | None
    acked_after: timedelta | None
    message_ts: str
    channel: str
    button: str
    value: str | None
    confirmed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    text: str
    blocks: tuple[dict[str, Any], ...]
    drawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file of a message. `download` of the client returns its bytes."""

    id: str
    name: str
    title: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMessage:
    """A message as this person sees it.

    `channel` is an id, `channel_name` reads `#ops` or `@logoffbot`. `buttons` has the texts of its buttons and of the
    options of its overflow menus. `versions` runs from the first one to the
    current one.
    """

    ts: str
    channel: str
    channel_name: str
    author: str
    author_name: str
    text: str
    blocks: tuple[dict[str, Any], ...]
    buttons: tuple[str, ...]
    thread_ts: str | None
    edited_at: datetime | None
    ephemeral: bool
    versions: tuple[Version, ...]
    files: tuple[SeenFile, ...] = ()

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        edited_at = fields["edited_at"]
        return cls(
            **{name: fields[name] for name in ("ts", "channel", "channel_name", "author", "author_name", "text")},
            blocks=tuple(fields["blocks"]),
            buttons=tuple(fields["buttons"]),
            thread_ts=fields["thread_ts"],
            edited_at=datetime.fromisoformat(edited_at) if edited_at else None,
            ephemeral=fields["ephemeral"],
            versions=tuple(_read_version(version) for version in fields["versions"]),
            files=tuple(
                SeenFile(id=file["id"], name=file["name"], title=file["title"], size=file["size"])
                for file in fields["files"]
            ),
        )


class UserClient:
    """`user` is an id or a handle. Every method raises UserClientError when the workspace refuses."""

    def __init__(self, url: str, user: str) -> None:
        self._url = f"{url.rstrip('/')}/rehearsal"
        self._user = user

    def command(self, text: str, channel: str | None = None, *, deliveries: int = 1) -> CommandResult:
        """Types `/logoff comp1 id=3` and waits for the ack.

        Without a channel: the person's first; `@logoffbot` is the direct messages with the bot. `deliveries=2` delivers
        the same command twice.
        """
        body = {"user": self._user, "text": text, "channel": channel, "deliveries": deliveries}
        answer = self._call("POST", "command", body)
        return CommandResult(
            ok=answer["ok"], error=answer["error"], acked_after=_read_duration(answer), reply=answer["reply"]
        )

    def press(  # noqa: PLR0913 -- each narrows down which button is meant
        self,
        button_text: str,
        *,
        message_ts: str | None = None,
        channel: str | None = None,
        version: int | None = None,
        stale_value: str | None = None,
        deliveries: int = 1,
    ) -> PressResult:
        """Presses the newest visible button of that text, else one that begins with it, and confirms its dialog.

        An option of an overflow menu is found and chosen in the same way.

        `version` (0 the first, -2 the one before the last) or `stale_value` presses it as an older version of
        the message had it. Raises NoSuchButtonError.
        """
        body = {
            "user": self._user,
            "text": button_text,
            "message_ts": message_ts,
            "channel": channel,
            "version": version,
            "stale_value": stale_value,
            "deliveries": deliveries,
        }
        answer = self._call("POST", "press", body)
        return PressResult(
            ok=answer["ok"],
            error=answer["error"],
            acked_after=_read_duration(answer),
            message_ts=answer["message_ts"],
            channel=answer["channel"],
            button=answer["button"]["text"],
            value=answer["button"]["value"],
            confirmed=answer["confirmed"],
        )

    def say(self, text: str, channel: str | None = None, *, thread_ts: str | None = None) -> str:
        """Writes an ordinary message, or a reply, and returns its ts."""
        body = {"user": self._user, "text": text, "channel": channel, "thread_ts": thread_ts}
        return str(self._call("POST", "say", body)["ts"])

    def operate(self, action_id: str, value: Any, **where: Any) -> dict[str, Any]:
        """Uses an element of a message (`channel`, `message_ts`) or of a view (`view_id`; else the form on top).

        What `value` may be stands in `control_api.forms.OperateRequest`.
        """
        return self._call("POST", "operate", {"user": self._user, "action_id": action_id, "value": value, **where})

    def pick(self, option_text: str) -> dict[str, Any]:
        """Picks the option of that text, else one that begins with it, in the newest menu that has one.

        Raises NoSuchButtonError with the options that there are.
        """
        offered = list(_offered(reversed(self.messages())))
        texts = [option["text"]["text"] for _, _, option in offered]
        exact = [each for each, text in zip(offered, texts, strict=True) if text == option_text]
        begun = [each for each, text in zip(offered, texts, strict=True) if text.startswith(option_text)]
        if not (found := [*exact, *begun]):
            raise NoSuchButtonError(option_text, texts)
        message, element, option = found[0]
        where = {"channel": message.channel, "message_ts": message.ts}
        return self.operate(element["action_id"], option["value"], **where)

    def submit(self, **values: Any) -> dict[str, Any]:
        """Fills the form on top in, by action id, and sends it off. `errors` of the answer are by block id."""
        return self._call("POST", "submit", {"user": self._user, "values": values})

    def suggest(self, value: str, action_id: str, **where: Any) -> list[dict[str, Any]]:
        """Types into a menu and returns the options that the app gives for it.

        It is in the form on top, unless `view_id` or `channel` and `message_ts` name another place.
        """
        body = {"user": self._user, "action_id": action_id, "value": value, **where}
        return list(self._call("POST", "suggest", body)["options"])

    def shortcut(self, callback_id: str, *, deliveries: int = 1) -> dict[str, Any]:
        """Runs a global shortcut of the app, and waits for the ack."""
        body = {"user": self._user, "callback_id": callback_id, "deliveries": deliveries}
        return self._call("POST", "shortcut", body)

    def close(self, *, everything: bool = False) -> dict[str, Any]:
        """Closes the form on top, or all of them."""
        return self._call("POST", "close", {"user": self._user, "everything": everything})

    def open_home(self, tab: str = "home") -> dict[str, Any]:
        return self._call("POST", "home", {"user": self._user, "tab": tab})

    def messages(self) -> list[SeenMessage]:
        """What this person can see now, oldest first: channels, direct messages, ephemeral messages."""
        return [SeenMessage.from_json(fields) for fields in self.state()["messages"]]

    def download(self, file: SeenFile) -> bytes:
        """The bytes of a file, as a click on it saves them."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{self._url.removesuffix('/rehearsal')}/files/{file.id}", timeout=PATIENCE.total_seconds()
            )
        if answer.status_code != requests.codes.ok:
            raise UserClientError(answer.text, f"{self._user} cannot save {file.name}: {answer.text}")
        return answer.content

    def state(self) -> dict[str, Any]:
        return self._call("GET", f"state?as={self._user}")

    def _call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(verb, f"{self._url}/{path}", json=body, timeout=PATIENCE.total_seconds())
        told: dict[str, Any] = answer.json()
        if answer.status_code == requests.codes.ok:
            return told
        if told["error"] == "no_such_button" and body is not None:
            raise NoSuchButtonError(body["text"], told["buttons"])
        raise UserClientError(told["error"], f"{self._user} cannot do that: {told['error']} {_explain(told)}".strip())


def _explain(body: dict[str, Any]) -> str:
    rest = {name: value for name, value in body.items() if name not in {"ok", "error"}}
    return str(rest) if rest else ""


def _offered(messages: Iterable[SeenMessage]) -> Iterator[tuple[SeenMessage, dict[str, Any], dict[str, Any]]]:
    """The options of all menus, with their messages and elements."""
    for message in messages:
        for block in message.blocks:
            for element in block["elements"] if block["type"] == "actions" else ():
                for option in element.get("options", ()):
                    yield message, element, option


def _read_duration(answer: dict[str, Any]) -> timedelta | None:
    seconds = answer["acked_after"]
    return timedelta(seconds=seconds) if seconds is not None else None


def _read_version(fields: dict[str, Any]) -> Version:
    return Version(
        text=fields["text"],
        blocks=tuple(fields["blocks"]),
        drawn_at=datetime.fromisoformat(fields["drawn_at"]),
    )
