"""Idle connections are kept for the next call, and never more than a process has files for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.pool import MOST_KEPT, Pool, PooledConnection
from tests.support.environment import proxy_for_all

if TYPE_CHECKING:
    from pathlib import Path

IDLE = timedelta(minutes=10)


def to(host: int) -> Connection:
    return Connection(endpoint=f"http://host-{host}:5985/wsman", transport=Transport.NTLM, username="svc")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    closed: list[str] = []
    monkeypatch.setattr(PooledConnection, "close", lambda line: closed.append(line.connection.endpoint))
    return closed


def test_a_kept_connection_is_taken_again(closed: list[str]) -> None:
    pool = Pool(IDLE)
    line = pool.take(to(1), "host-1")
    pool.give_back(line)
    assert pool.take(to(1), "host-1") is line
    pool.close()
    assert closed == []


def test_of_a_great_many_hosts_only_the_newest_connections_are_kept(closed: list[str]) -> None:
    pool, more = Pool(IDLE), 30
    for host in range(MOST_KEPT + more):
        pool.give_back(pool.take(to(host), f"host-{host}"))
    assert closed == [to(host).endpoint for host in range(more)]
    assert pool.take(to(MOST_KEPT + more - 1), "newest").was_kept
    assert not pool.take(to(0), "oldest").was_kept
    pool.close()
    assert len(closed) == MOST_KEPT + more - 1


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_new_connection_has_no_proxy_and_leaves_the_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: Transport, scheme: str
) -> None:
    """Threads make connections while others ask the environment for the proxy to Slack."""
    (pem := tmp_path / "client.pem").touch()
    endpoint = f"{scheme}://host:5985/wsman"
    connection = Connection(endpoint=endpoint, transport=transport, username="svc", certificate=pem, key=pem)
    written = proxy_for_all(monkeypatch)
    session = PooledConnection(connection, "host", None).protocol.transport.session
    assert (session.trust_env, session.proxies, written) == (False, {}, [])
