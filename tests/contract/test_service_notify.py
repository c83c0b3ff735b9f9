"""What a service manager hears of the bot, over the datagrams of sd_notify(3)."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from app.service_notify import SOCKET, ServiceManager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = f"{tmp_path}/notify" if request.param == "path" else f"@logoff-bot-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(10)
        yield listening, name


def test_the_manager_hears_ready_alive_and_stopping(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    environment = {SOCKET: name, "PATH": "/bin"}
    told = ServiceManager.of(environment)
    assert environment == {"PATH": "/bin"}, "no child speaks for the bot"
    told.alive()
    told.ready()
    told.stopping()
    heard = [listening.recv(1000).decode().splitlines()[0] for _ in range(3)]
    assert heard == ["WATCHDOG=1", "READY=1", "STOPPING=1"]


def test_a_bot_that_ends_before_it_is_ready_never_says_ready(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    told = ServiceManager.of({SOCKET: name})
    told.stopping()
    told.ready()
    told.alive()
    assert [listening.recv(1000).decode().splitlines()[0] for _ in range(2)] == ["STOPPING=1", "WATCHDOG=1"]


def test_without_a_manager_nothing_is_told_and_nothing_said() -> None:
    with capture_logs() as logs:
        for environment in ({}, {SOCKET: ""}):
            told = ServiceManager.of(environment)
            told.ready()
            told.alive()
            told.stopping()
    assert logs == []


def test_a_manager_that_does_not_hear_is_said_once_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    with capture_logs() as logs:
        gone = ServiceManager.of({SOCKET: f"{tmp_path}/none"})
        for _ in range(5):
            gone.alive()
        ServiceManager.of({SOCKET: "vsock:2:1234"}).ready()
    assert [line["event"] for line in logs] == ["service.not_told"] * 2


def test_a_full_queue_keeps_nobody_waiting(manager: tuple[socket.socket, str]) -> None:
    _, name = manager
    told = ServiceManager.of({SOCKET: name})
    with capture_logs() as logs:
        for _ in range(20_000):
            told.alive()
    assert logs == []
