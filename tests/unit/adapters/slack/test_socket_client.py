"""How often a lost connection asks Slack for a new one, and what the log says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from structlog.testing import capture_logs

from adapters.slack import socket_client
from adapters.slack.socket_client import Ears, Line, SocketClient

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answer(dict[str, Any]):
    """A refusal as Slack's client has it."""

    def __init__(self, error: str, **headers: str) -> None:
        super().__init__(error=error)
        self.headers, self.status_code = headers, 429 if error == "ratelimited" else 200


class Refusing(WebClient):
    """A Slack that gives nobody a socket."""

    def __init__(self) -> None:
        super().__init__(token="xoxb-none")
        self.answer, self.asked = Answer("internal_error"), 0

    def apps_connections_open(self, **_: Any) -> Any:
        self.asked += 1
        raise SlackApiError("no", self.answer)  # type: ignore[no-untyped-call] # Slack's class has no types


class Ticks:
    """The monotonic clock of the client, which a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    ticks = Ticks()
    monkeypatch.setattr(socket_client, "time", ticks)
    return ticks


@pytest.fixture
def client() -> Iterator[SocketClient]:
    made = SocketClient(app_token="xapp-none", web_client=Refusing(), concurrency=1)
    yield made
    made.closed = True  # its threads end by themselves; `close` would wait for them
    made.current_session_runner.event.set()
    made.message_processor.event.set()


def tries(client: SocketClient, ticks: Ticks, seconds: int) -> list[int]:
    """In which seconds Slack is asked, when the client looks each second."""
    web, start, asked = client.web_client, ticks.now, list[int]()
    assert isinstance(web, Refusing)
    for second in range(seconds):
        ticks.now = start + second
        before = web.asked
        try:
            client.connect_to_new_endpoint()
        except SlackApiError:
            assert web.asked == before + 1
            asked.append(second)
    return asked


def test_the_pauses_between_tries_grow_to_ten_seconds(client: SocketClient, ticks: Ticks) -> None:
    assert tries(client, ticks, 50) == [0, 1, 3, 7, 15, 25, 35, 45]


@pytest.mark.parametrize("name", ["Retry-After", "retry-after"])
def test_slack_is_left_alone_as_long_as_it_asks_for(client: SocketClient, ticks: Ticks, name: str) -> None:
    assert isinstance(client.web_client, Refusing)
    client.web_client.answer = Answer("ratelimited", **{name: "30"})
    assert tries(client, ticks, 70) == [0, 30, 60]


@pytest.mark.parametrize("said", ["86400", "99999"])
def test_a_bot_that_is_deaf_asks_once_a_minute_whatever_slack_wants(
    client: SocketClient, ticks: Ticks, said: str
) -> None:
    assert isinstance(client.web_client, Refusing)
    client.web_client.answer = Answer("ratelimited", **{"Retry-After": said})
    assert tries(client, ticks, 130) == [0, 60, 120]


@pytest.mark.parametrize("said", ["soon", "-1", "", "\u0663", "1e9"])
def test_a_wait_that_is_no_number_is_none(client: SocketClient, ticks: Ticks, said: str) -> None:
    assert isinstance(client.web_client, Refusing)
    client.web_client.answer = Answer("ratelimited", **{"Retry-After": said})
    assert tries(client, ticks, 4) == [0, 1, 3]


def test_slack_may_send_the_bot_to_another_socket_at_any_time(client: SocketClient, ticks: Ticks) -> None:
    assert tries(client, ticks, 1) == [0]
    with pytest.raises(SlackApiError):
        client.connect_to_new_endpoint(force=True)


def test_deaf_is_said_once_and_back_with_the_time_between(ticks: Ticks) -> None:
    ears = Ears()
    with capture_logs() as logs:
        ears.found()
        ears.lost(ticks.now - 6)
        ticks.now += 4
        ears.lost(ticks.now)
        ears.found()
        ears.found()
        ears.lost(None)
    assert [(each["event"], each["seconds"]) for each in logs] == [
        ("slack.deaf", 6.0),
        ("slack.back", 10.0),
        ("slack.deaf", 0.0),
    ]


class Ended:
    """A socket that the other side has closed."""

    def recv(self, _size: int) -> bytes:
        return b""

    def fileno(self) -> int:
        return 7


def test_the_end_of_a_socket_is_an_error_while_it_is_needed() -> None:
    with pytest.raises(OSError, match="closed"):
        Line(Ended(), lambda: True).recv(1024)
    assert Line(Ended(), lambda: False).recv(1024) == b""
    assert Line(Ended(), lambda: True).fileno() == 7
