"""The bot is killed in the middle and started again: the right person is logged off once, or nobody is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from adapters.clock import SystemClock
from adapters.sql import migrate as schema
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from app.config.settings import REHEARSAL_KEY
from app.rehearse.environment import FARM, WORKSPACE
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from rehearsal.slack import UserClient, Workspace
from rehearsal.windows import Farm
from rehearsal_testing.waiting import wait_until
from tests.support.chains import first_fault
from tests.support.effort import few

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.request import Request

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).resolve().with_name("bot_process.py")


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything but the bot, which comes and goes."""

    workspace: Workspace
    farm: Farm
    ledger: SqlLedger
    database: str
    settings: Path = ROOT / "app.yaml"

    @contextmanager
    def bot(
        self, *, waits: bool = False, log: IO[bytes] | None = None, program: Path = PROGRAM, **how: Any
    ) -> Iterator[subprocess.Popen[str]]:
        """Run a bot inside the block. `how`: `die_after` and the others of bot_process.py.

        `waits`: it has to wait for another one to go. `log` takes its standard error. `program`: that of another
        release, or of another checkout, whose code runs.
        """
        tree = program.parents[2]
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(program)],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'rehearsal' / 'src'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        try:
            json.dump(self._told(**how), process.stdin)
            process.stdin.close()
            if not waits:
                wait_until(lambda: process.stdout is not None and "started" in process.stdout.readline())
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def _told(
        self,
        *,
        die_after: str = "",
        ahead: float = 0,
        owned: bool = False,
        replicas: bool = False,
        settings: Path | None = None,
        watch: bool = False,
    ) -> dict[str, object]:
        return {
            "settings": str(settings or self.settings),
            "watch": watch,
            "bot_token": self.workspace.bot_token,
            "app_token": self.workspace.app_token,
            "api_url": self.workspace.api_url,
            "endpoints": dict(self.farm.endpoints),
            "username": self.farm.account.username,
            "password": self.farm.account.password,
            "database": self.database,
            "die_after": die_after,
            "ahead": ahead,
            "owned": owned,
            "replicas": replicas,
        }

    def request(self) -> Request:
        [request] = self.ledger.newest(10)
        return request

    def is_over(self) -> bool:
        request = self.request()
        return request.state is State.ENDED and request.published_version >= request.version

    def card(self) -> str:
        return json.dumps([m.blocks for m in UserClient(self.workspace.url, "dana").messages() if not m.ephemeral])


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """With the parameter `jea` all computers have the module."""
    schema.upgrade(url := f"sqlite:///{tmp_path}/bot.db")
    files = with_module(tmp_path) if getattr(request, "param", "") == "jea" else {}
    with world_on(url, **files) as world:
        yield world


def with_module(folder: Path) -> dict[str, Path]:
    """The shipped farm and the shipped configuration, with the module at each computer."""
    said, section = (ROOT / "app.yaml").read_text(encoding="utf-8"), "winrm:\n  transport"
    assert said.count(section) == 1
    settings, farm = folder / "app.yaml", folder / "farm.yaml"
    settings.write_text(said.replace(section, "winrm:\n  carrier: jea\n  transport"), encoding="utf-8")
    farm.write_text(FARM.read_text(encoding="utf-8") + "\nremoting: LogoffBot\n", encoding="utf-8")
    return {"settings": settings, "farm": farm}


@contextmanager
def world_on(url: str, *, farm: Path = FARM, settings: Path = ROOT / "app.yaml") -> Iterator[World]:
    database = open_database(url)
    ledger = SqlLedger(database, SystemClock(), SigningKeys(REHEARSAL_KEY), ASK_TYPES)
    with Workspace.from_file(WORKSPACE) as workspace, Farm.from_file(farm, engine="double") as hosts:
        yield World(workspace=workspace, farm=hosts, ledger=ledger, database=url, settings=settings)
    assert first_fault(ledger.entries(), SigningKeys(REHEARSAL_KEY).public) is None
    database.dispose()


EVENTS = ("host_started", "approved", "started", "target_ended")
# Over the module always one death before the order has left and one after its answer.
OVER_BOTH = [*(("script", event) for event in EVENTS), *(("jea", event) for event in few(EVENTS, 3))]


@pytest.mark.parametrize(("world", "event"), OVER_BOTH, indirect=["world"])
def test_killed_between_press_and_end_it_finishes_after_a_restart(world: World, event: str) -> None:
    dana = UserClient(world.workspace.url, "dana")
    with world.bot(die_after=event) as bot:
        assert dana.command("/logoff comp1 id=3 --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        dana.press("Log off 1")
        assert bot.wait(timeout=60) == -9
    # An order that may be on its way is repeated after its time, 45 seconds, and before that of its host is over, 135.
    with world.bot(ahead=60 if event == "host_started" else 0):
        wait_until(world.is_over)
    request = world.request()
    assert request.ending is Ending.DONE
    assert [target.verdict for target in request.targets] == [Verdict.GONE]
    assert [call.name for call in world.farm.calls("comp1")] == ["logoff"]
    assert {session["id"] for session in world.farm.sessions("comp1")} == {0, 1, 5, 7, 65536}
    assert r"Logged off CORP\\alice on comp1" in world.card()


@pytest.mark.parametrize("world", ["script", "jea"], indirect=True)
def test_killed_while_the_host_is_at_it_the_person_is_logged_off_once_and_reported_gone(world: World) -> None:
    """The order has left, the answer is lost with the process; the second run finds nobody and says gone."""
    world.farm.set_behaviour("comp1", "delayed", seconds=2)
    dana = UserClient(world.workspace.url, "dana")
    with world.bot():
        assert dana.command("/logoff comp1 id=3 --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        dana.press("Log off 1")
        wait_until(lambda: bool(world.farm.calls("comp1")))
    with world.bot():
        wait_until(world.is_over)
    assert [target.verdict for target in world.request().targets] == [Verdict.GONE]
    assert 3 not in {session["id"] for session in world.farm.sessions("comp1")}


@pytest.mark.parametrize("event", ["approved", "started", "host_started"])
def test_started_again_after_its_time_nobody_is_logged_off_and_the_card_says_expired(world: World, event: str) -> None:
    dana = UserClient(world.workspace.url, "dana")
    with world.bot(die_after=event) as bot:
        assert dana.command("/logoff comp1 id=3 --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
        dana.press("Log off 1")
        assert bot.wait(timeout=60) == -9
    with world.bot(ahead=3600):
        wait_until(world.is_over)
    assert world.request().ending is Ending.EXPIRED
    assert world.farm.calls("comp1") == []
    assert 3 in {session["id"] for session in world.farm.sessions("comp1")}
    assert "Expired" in world.card()


def test_killed_between_the_receipt_and_the_look_the_request_goes_on(world: World) -> None:
    dana = UserClient(world.workspace.url, "dana")
    world.farm.set_behaviour("comp1", "slow", seconds=3)
    with world.bot():
        assert dana.command("/logoff comp1 id=3 --sync").ok
    with world.bot():
        wait_until(lambda: any(message.buttons for message in dana.messages()))
    assert world.request().state is State.AWAITING


def test_a_card_that_nobody_presses_expires_without_a_click(world: World) -> None:
    dana = UserClient(world.workspace.url, "dana")
    with world.bot():
        assert dana.command("/logoff comp1 id=3 --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
    with world.bot(ahead=3600):
        wait_until(world.is_over)
        wait_until(lambda: not any(message.buttons for message in dana.messages()))  # the card follows the record
    assert world.request().ending is Ending.EXPIRED


def test_a_clock_that_was_set_back_expires_the_card_and_lets_nothing_begin(world: World) -> None:
    dana = UserClient(world.workspace.url, "dana")
    with world.bot():
        assert dana.command("/logoff comp1 id=3 --sync").ok
        wait_until(lambda: any(message.buttons for message in dana.messages()))
    looks = len(world.farm.calls("comp1"))
    with world.bot(ahead=-3600):
        wait_until(world.is_over)
        dana.command("/logoff comp1 id=3 --sync")
        wait_until(lambda: any("clock was set back" in message.text for message in dana.messages()))
    assert world.request().ending is Ending.EXPIRED
    assert "clock was set back" in world.card()
    assert len(world.farm.calls("comp1")) == looks
    times = [entry.at for entry in world.ledger.entries() if entry.at]
    assert times == sorted(times)
