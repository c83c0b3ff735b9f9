"""What becomes of a password that had no answer: it may have left, or not. Real sockets, without a farm."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import requests

from adapters.windows.shell import Deadline
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.http_adapter import DeadlineAdapter
from adapters.windows.winrm.logon_gate import LogonGate
from tests.fakes.clock import SettableClock
from tests.fakes.logons import FakeLogons


def send(port: int, gate: LogonGate, within: timedelta) -> None:
    """Send a password by Basic to that port of this machine. Raises what comes instead of an answer."""
    way = Connection(endpoint=f"http://127.0.0.1:{port}/wsman", transport=Transport.BASIC, username="svc")
    adapter, deadline = DeadlineAdapter(partial(gate.enter, way, "comp1")), Deadline(within)
    try:
        with adapter.until(deadline):
            adapter.send(requests.Request("POST", way.endpoint, headers={"Authorization": "Basic eDp5"}).prepare())
    finally:
        adapter.close()


@pytest.mark.parametrize("ends", ["by silence", "by a cut"])
def test_a_password_that_left_and_had_no_answer_is_refused(ends: str) -> None:
    clock = SettableClock()
    logons = FakeLogons(clock)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:

        def host() -> None:
            connected, _ = server.accept()
            with connected:
                while ends == "by silence" and connected.recv(4096):
                    pass
                if ends == "by a cut":
                    connected.recv(4096)

        listening = threads.submit(host)
        with pytest.raises(requests.RequestException):
            send(server.getsockname()[1], LogonGate(logons, clock, b"key"), timedelta(seconds=1.2))
        listening.result()
    assert logons.calls == ["standing", "take_turn", "refuse"]


def test_a_password_that_never_left_is_given_back() -> None:
    clock = SettableClock()
    logons = FakeLogons(clock)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(requests.ConnectionError):
        send(port, LogonGate(logons, clock, b"key"), timedelta(seconds=20))
    assert logons.calls == ["standing", "take_turn", "give_back"]
