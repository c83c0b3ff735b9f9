"""The `ChatConnection` port on Socket Mode: a start that waits for Slack, and a connection that dies without a word."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from adapters.slack import connection
from adapters.slack.ack_keeper import AckKeeper
from adapters.slack.connection import NO_TOKEN
from adapters.slack.socket_client import PING_EVERY
from adapters.slack.socket_mode import SocketMode
from bot.errors import BotError, ChatError, SettingsError
from rehearsal.slack import SHIPPED_WORKSPACE, Fault, FaultKind, UserClient, Workspace
from rehearsal_testing.relay import Relay
from rehearsal_testing.waiting import wait_until
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = ("auth.test", "apps.connections.open")
KEYS = {"auth.test": "slack.bot_token", "apps.connections.open": "slack.app_token"}


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as opened:
        yield opened


@pytest.fixture
def connect(workspace: Workspace) -> Iterator[Callable[..., SocketMode]]:
    """Makes a connection to the workspace, with other settings where they are said."""
    made: list[SocketMode] = []

    def make(**other: Any) -> SocketMode:
        settings: dict[str, Any] = {
            "bot_token": workspace.bot_token,
            "app_token": workspace.app_token,
            "api_url": workspace.api_url,
            "team": "T0HOME0001",
            "intake": BotHarness().intake,
            "wake": lambda _item: None,
            "asked": lambda _request_id, _url: None,
            "keeper": AckKeeper(),
        }
        made.append(SocketMode(**settings | other))
        return made[-1]

    yield make
    for each in made:
        each.take_no_more()
    workspace.disconnect("cut")  # the client alone would wait 3 seconds for the end of its socket
    for each in made:
        each.stop()


def is_heard(workspace: Workspace) -> bool:
    return UserClient(workspace.url, "dana").command("/logoff help").ok


def calls_of(workspace: Workspace, method: str) -> int:
    return sum(call.method == method for call in workspace.store.calls)


# The start


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.ANSWER_LOST, FaultKind.ERROR])
def test_a_start_that_slack_does_not_take_at_once_waits_and_says_so(
    workspace: Workspace, connect: Callable[..., SocketMode], method: str, kind: FaultKind, monkeypatch: Any
) -> None:
    monkeypatch.setattr(connection, "FIRST_PAUSE", timedelta(milliseconds=10))
    workspace.plan(Fault(method=method, kind=kind, times=2))
    with capture_logs() as logs:
        connect().start()
    assert is_heard(workspace)
    waited = [each["message"] for each in logs if each["event"] == "slack.not_connected"]
    assert len(waited) == 2
    assert calls_of(workspace, method) == 3


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("error", sorted(NO_TOKEN))
def test_a_token_that_slack_does_not_take_ends_the_start_at_once_and_is_named(
    workspace: Workspace, connect: Callable[..., SocketMode], method: str, error: str
) -> None:
    workspace.plan(Fault(method=method, kind=FaultKind.ERROR, error=error, times=9))
    with pytest.raises(SettingsError, match=rf"{KEYS[method]}: Slack does not take this token \({error}\)") as raised:
        connect().start()
    assert calls_of(workspace, method) == 1
    assert workspace.bot_token not in raised.value.message
    assert workspace.app_token not in raised.value.message


def test_tokens_that_were_swapped_are_named(workspace: Workspace, connect: Callable[..., SocketMode]) -> None:
    with pytest.raises(SettingsError, match=r"slack.bot_token: .*xoxb-"):
        connect(bot_token=workspace.app_token).start()
    with pytest.raises(SettingsError, match=r"slack.app_token: .*xapp-, with connections:write"):
        connect(app_token=workspace.bot_token).start()


def test_a_token_without_its_only_scope_is_named(workspace: Workspace, connect: Callable[..., SocketMode]) -> None:
    workspace.plan(Fault(method="apps.connections.open", kind=FaultKind.ERROR, error="missing_scope", times=9))
    with pytest.raises(SettingsError, match=r"slack.app_token: .*missing_scope.*connections:write"):
        connect().start()


@pytest.mark.parametrize("method", CALLS)
def test_another_refusal_that_no_waiting_heals_ends_the_start_too(
    workspace: Workspace, connect: Callable[..., SocketMode], method: str
) -> None:
    workspace.plan(Fault(method=method, kind=FaultKind.ERROR, error="method_deprecated", times=9))
    with pytest.raises(ChatError, match="method_deprecated"):
        connect().start()
    assert calls_of(workspace, method) == 1


@pytest.mark.parametrize("method", CALLS)
def test_when_the_time_is_over_the_start_gives_up_with_slacks_reason(
    workspace: Workspace, connect: Callable[..., SocketMode], method: str
) -> None:
    workspace.plan(Fault(method=method, kind=FaultKind.SERVER_ERROR, times=9))
    with pytest.raises(ChatError):
        connect(start_within=timedelta(0)).start()
    assert calls_of(workspace, method) == 1


def test_a_start_that_waits_ends_when_the_program_is_told_to_stop(
    workspace: Workspace, connect: Callable[..., SocketMode]
) -> None:
    workspace.plan(Fault(method="auth.test", kind=FaultKind.SERVER_ERROR, times=999))
    waiting, ends = connect(), list[BotError]()

    def start() -> None:
        try:
            waiting.start()
        except BotError as error:
            ends.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    wait_until(lambda: calls_of(workspace, "auth.test") > 0)
    waiting.take_no_more()
    thread.join(timeout=20)
    assert [type(each) for each in ends] == [ChatError]


# A connection that dies


@pytest.mark.slow
def test_a_connection_that_dies_silently_is_replaced_and_the_log_says_deaf_and_back(
    workspace: Workspace, connect: Callable[..., SocketMode]
) -> None:
    with Relay(urlsplit(workspace.url).port or 0) as relay, capture_logs() as logs:
        workspace.reach_at(relay.url)
        lasting = connect()
        lasting.start()
        assert is_heard(workspace)
        opened = relay.connections
        relay.swallow()
        wait_until(lambda: any(each["event"] == "slack.back" for each in logs), within=60)
        assert relay.connections > opened
        assert is_heard_at_last(workspace)
        lasting.stop()
    events = [each["event"] for each in logs if each["event"].startswith("slack.")]
    assert events == ["slack.deaf", "slack.back"]
    deaf, back = (each["seconds"] for each in logs if each["event"].startswith("slack."))
    assert 0 < deaf <= back


def is_heard_at_last(workspace: Workspace) -> bool:
    """Slack may still send to the dead socket first; the person then reads that it failed, and asks again."""
    return any(is_heard(workspace) for _ in range(3))


def test_a_dead_connection_is_found_in_time_for_a_person_who_waits() -> None:
    """The promise is 15 seconds: four pings and a second, the next look, the longest read, and a new connection."""
    reading, connecting = 3, 3
    assert (4 * PING_EVERY + 1) + PING_EVERY + reading + connecting < 15


def test_a_cut_connection_is_replaced(workspace: Workspace, connect: Callable[..., SocketMode]) -> None:
    with capture_logs() as logs:
        connect().start()
        workspace.disconnect("cut")
        wait_until(lambda: any(each["event"] == "slack.back" for each in logs))
    assert is_heard(workspace)


def test_a_cut_connection_is_replaced_although_slack_fails_first(
    workspace: Workspace, connect: Callable[..., SocketMode]
) -> None:
    with capture_logs() as logs:
        connect().start()
        workspace.plan(Fault(method="apps.connections.open", kind=FaultKind.SERVER_ERROR, times=2))
        workspace.disconnect("cut")
        wait_until(lambda: any(each["event"] == "slack.back" for each in logs))
    assert is_heard_at_last(workspace)
    assert [each["event"] for each in logs if each["event"].startswith("slack.")] == ["slack.deaf", "slack.back"]


@pytest.mark.parametrize("method", CALLS)
def test_a_rate_limit_at_the_start_is_waited_for_where_the_minute_allows_it(
    workspace: Workspace, connect: Callable[..., SocketMode], method: str
) -> None:
    workspace.plan(Fault(method=method, kind=FaultKind.RATE_LIMITED, wait=timedelta(minutes=5)))
    with pytest.raises(ChatError) as failed:
        connect().start()
    assert failed.value.retry_after == timedelta(minutes=5)
    workspace.plan(Fault(method=method, kind=FaultKind.RATE_LIMITED, wait=timedelta(seconds=1)))
    connect().start()
    assert is_heard(workspace)


def test_a_connection_that_slack_renews_is_never_called_deaf(
    workspace: Workspace, connect: Callable[..., SocketMode]
) -> None:
    with capture_logs() as logs:
        connect().start()
        first = workspace.sockets
        workspace.disconnect("refresh_requested")
        wait_until(lambda: bool(set(workspace.sockets) - set(first)))
        assert is_heard_at_last(workspace)
    assert [each["event"] for each in logs if each["event"].startswith("slack.")] == []


# Two tokens


def test_tokens_of_two_apps_are_refused_with_both_names(
    workspace: Workspace, connect: Callable[..., SocketMode]
) -> None:
    with pytest.raises(SettingsError) as caught:
        connect(app_token=workspace.other_app_token).start()
    own = workspace.store.settings.app.id
    assert caught.value.message == (
        f"slack.app_token is of the app A0ANOTHER1, and slack.bot_token of the app {own}. Copy both from one app: "
        f"https://api.slack.com/apps/{own}"
    )


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.SERVER_ERROR])
def test_a_start_does_not_need_to_know_the_app(
    workspace: Workspace, connect: Callable[..., SocketMode], kind: FaultKind
) -> None:
    workspace.plan(Fault(method="bots.info", kind=kind, error="missing_scope"))
    connect().start()
    assert is_heard(workspace)
