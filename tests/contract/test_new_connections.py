"""A carrier that can make no new connection says so as any failure of a host, and hides no result behind it."""

from __future__ import annotations

import errno
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from structlog.testing import capture_logs

from adapters.windows.carrier import ScriptCarrier
from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.request import Request, Verb
from adapters.windows.winrm.shell import WinRmShell
from bot.errors import TerminalError, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import JeaHosts, farm_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.windows.carrier import Carrier
    from adapters.windows.winrm.endpoint import Connection
    from adapters.windows.winrm.kept import Kept

LOOKING, WITHIN = Request(verb=Verb.LIST), timedelta(seconds=15)


class Way(NamedTuple):
    """A carrier, and what it keeps of its calls."""

    carrier: Carrier
    kept: Kept  # type: ignore[type-arg]  # of either kind


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JeaHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"), hosts=4)
    with Farm.from_file(path, engine="double") as farm, closing(JeaHosts(farm, names)) as there:
        yield there


@pytest.fixture(params=["script", "jea"])
def way(request: pytest.FixtureRequest, hosts: JeaHosts) -> Iterator[Way]:
    if request.param == "jea":
        with closing(JeaCarrier(hosts.connection)) as carrier:
            yield Way(carrier, carrier._sessions)
        return
    with closing(WinRmShell(hosts.connection)) as shell:
        yield Way(ScriptCarrier(shell), shell._pool)


def failure_of_a_look(way: Way, hosts: JeaHosts, monkeypatch: pytest.MonkeyPatch, *, at: str) -> TerminalError:
    """A look over a connection that is there; then its message is dropped, and no other connection can be made."""
    host, there = hosts.take(), way.kept.fresh

    def out_of_files(*_: object) -> object:
        raise OSError(errno.EMFILE, "Too many open files")

    def only_one(connection: Connection, host: str) -> object:
        monkeypatch.setattr(way.kept, "fresh", out_of_files)
        return there(connection, host)

    monkeypatch.setattr(way.kept, "fresh", only_one)
    if at == "receive":
        list(way.carrier.ask(host, LOOKING, within=WITHIN))
    hosts.farm.set_behaviour(host, "trips", at=at, manner="dropped", times=0, done=at == "receive")
    with pytest.raises(TerminalError) as caught:
        list(way.carrier.ask(host, LOOKING, within=WITHIN))
    return caught.value


def test_a_lost_connection_that_cannot_be_replaced_has_delivered_nothing(
    way: Way, hosts: JeaHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = failure_of_a_look(way, hosts, monkeypatch, at="create")
    assert (error.delivered, error.phase, "Too many open files" in error.words) == (False, "connect", True)


def test_a_shell_that_cannot_be_deleted_over_a_new_connection_is_logged_and_the_failure_stays(
    way: Way, hosts: JeaHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as logs:
        error = failure_of_a_look(way, hosts, monkeypatch, at="receive")
    assert (type(error), error.phase) == (Unreachable, "receive")
    (left,) = [each for each in logs if each["event"] == "windows.shell_left"]
    assert "Too many open files" in left["words"]
