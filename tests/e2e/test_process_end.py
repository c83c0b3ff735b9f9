"""SIGTERM ends the bot in time whatever hangs, with exit code 0, and all that it wrote are JSON lines."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from adapters.sql.migrate import upgrade
from rehearsal.slack import Fault, FaultKind, UserClient
from rehearsal_testing.waiting import wait_until
from tests.e2e import test_death_and_rebirth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.test_death_and_rebirth import World

world = test_death_and_rebirth.world  # the fixture
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
REAL = """
team: T0HOME0001
audit_key: "0123456789abcdef0123456789abcdef"
slack: {bot_token: xoxb-1, app_token: xapp-1, api_url: "https://127.0.0.1:PORT/"}
computers: [comp1]
rules: [{name: all, who: [U0DANA0001], may: [log_off]}]
database: "sqlite:///FOLDER/bot.db"
"""
PATIENT = 60
"""Seconds after which a process is taken to go on for ever, on a machine with much else to do."""


def ended(process: subprocess.Popen[Any], number: signal.Signals = signal.SIGTERM) -> int:
    process.send_signal(number)
    try:
        return process.wait(PATIENT)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # it writes what each thread does to its log
        process.wait(PATIENT)
        raise


def lines_in(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("ascii").splitlines()]


@contextmanager
def logged(folder: Path) -> Iterator[IO[bytes]]:
    """Where a bot writes its log. What it wrote is shown when the test fails."""
    with (folder / "log").open("wb") as log:
        try:
            yield log
        except BaseException:
            sys.stdout.write((folder / "log").read_text("utf-8", "replace"))
            raise


@contextmanager
def locked(database: str) -> Iterator[None]:
    """Somebody else holds the SQLite file."""
    other = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def hang_at_a_host(world: World) -> None:
    world.farm.set_behaviour("comp1", "slow", seconds=60)
    assert UserClient(world.workspace.url, "dana").command("/logoff comp1 id=3 --sync").ok
    wait_until(lambda: world.request() is not None)


def hang_at_slack(world: World) -> None:
    wait = timedelta(seconds=60)
    world.workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.LATENCY, times=9, wait=wait))
    assert UserClient(world.workspace.url, "dana").command("/logoff comp1 id=3 --sync").ok
    wait_until(lambda: world.request().state.value == "awaiting")


def nothing(world: World) -> None:
    assert world.database


@pytest.mark.parametrize(
    ("hangs", "number"),
    [(nothing, signal.SIGINT), (hang_at_a_host, signal.SIGTERM), (hang_at_slack, signal.SIGTERM)],
)
def test_it_ends_while_a_call_hangs(
    world: World, tmp_path: Path, hangs: Callable[[World], None], number: signal.Signals
) -> None:
    log = tmp_path / "log"
    with logged(tmp_path) as file, world.bot(log=file) as bot:
        hangs(world)
        assert ended(bot, number) == 0
    assert lines_in(log)[-1]["event"] == "process.ended"


def test_a_service_manager_hears_that_it_is_ready_alive_and_ending(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{tmp_path}/notify")
        manager.settimeout(PATIENT)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{tmp_path}/notify")
        heard = list[str]()

        def hear(wanted: str) -> None:
            while not heard or wanted not in heard[-1]:
                heard.append(manager.recv(1000).decode())

        with world.bot() as bot:
            hear("READY=1")
            assert UserClient(world.workspace.url, "dana").command("/logoff help").ok
            hear("WATCHDOG=1")
            assert ended(bot) == 0
            hear("STOPPING=1")
    assert [each.splitlines()[0] for each in heard if "WATCHDOG" not in each] == ["READY=1", "STOPPING=1"]


def test_it_ends_while_the_database_hangs(world: World, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with logged(tmp_path) as file, world.bot(log=file) as bot:
        world.farm.set_behaviour("comp1", "slow", seconds=2)
        assert UserClient(world.workspace.url, "dana").command("/logoff comp1 id=3 --sync").ok
        with locked(world.database):
            shown = UserClient(world.workspace.url, "dana").command("/logoff comp2 id=6 --sync")
            assert not shown.ok or "I cannot record this" in str(shown)
            assert ended(bot) == 0
    assert lines_in(log)[-1]["event"] == "process.ended"


def test_a_file_that_is_moved_away_stops_the_work_and_says_so(world: World, tmp_path: Path) -> None:
    log, file = tmp_path / "log", Path(world.database.removeprefix("sqlite:///"))
    dana = UserClient(world.workspace.url, "dana")
    with log.open("wb") as lines, world.bot(log=lines):
        away = file.rename(file.with_name("away.db"))
        wait_until(lambda: b"database.gone" in log.read_bytes())  # at the next sweep, before anybody asks for anything
        assert "I cannot record this" in str(dana.command("/logoff comp1 id=3 --sync"))
        assert not file.exists()
        away.rename(file)
        assert "looking at comp1" in str(dana.command("/sessions comp1"))
    assert [line["level"] for line in lines_in(log) if line["event"] == "database.gone"] == ["critical"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def running(folder: Path, text: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program as its operator starts it. Its log is in the folder."""
    file = folder / "app.yaml"
    file.write_text(text.replace("FOLDER", str(folder)))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "app", "run", "--config", str(file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=os.environ,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_it_ends_while_slack_hangs_in_its_start(tmp_path: Path, silent_port: int) -> None:
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    with running(tmp_path, REAL.replace("PORT", str(silent_port))) as bot:
        wait_until(lambda: b"policy_loaded" in (tmp_path / "log").read_bytes(), PATIENT)
        assert ended(bot) == 0
    assert lines_in(tmp_path / "log")[-1]["event"] == "process.ended"


def test_it_ends_while_the_database_hangs_in_its_start(tmp_path: Path, silent_port: int) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    upgrade(url)
    with locked(url), running(tmp_path, REAL.replace("PORT", str(silent_port))) as bot:
        wait_until(lambda: _has_open(bot.pid, "bot.db"), PATIENT)
        assert ended(bot) == 0
    assert lines_in(tmp_path / "log")[-1]["event"] == "process.ended"


def _has_open(pid: int, name: str) -> bool:
    """Whether the process has opened a file of this name."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    with suppress(OSError):  # one was closed meanwhile
        return any(Path(link.readlink()).name == name for link in links)
    return False


def test_it_ends_while_its_packages_are_loaded(tmp_path: Path) -> None:
    with running(tmp_path, REAL) as bot:
        wait_until(lambda: bool(_caught_by(bot.pid) & 1 << (signal.SIGTERM - 1)), PATIENT)
        assert ended(bot) == 0
    assert (tmp_path / "log").read_bytes() == b""


def _caught_by(pid: int) -> int:
    """The signals that the process handles by itself."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return int(mask, 16)


BAD_STARTS = {
    "no database": ("", "db upgrade --create"),
    "a password that is pasted": (
        'database: "postgresql://svc:x@Hunter2/y@127.0.0.1:9/z"\n',
        "No PostgreSQL answers at 127.0.0.1:9 (Connection refused).",
    ),
}


@pytest.mark.parametrize("case", BAD_STARTS)
def test_a_start_that_fails_is_one_line_of_the_log_without_a_secret(tmp_path: Path, case: str) -> None:
    more, says = BAD_STARTS[case]
    with running(tmp_path, (_without_database() + more if more else REAL).replace("PORT", "9")) as bot:
        assert bot.wait(PATIENT) == 1
    [line] = [line for line in lines_in(tmp_path / "log") if line["event"] == "process.not_started"]
    assert says in line["message"]
    assert "Hunter2" not in (tmp_path / "log").read_text()
    assert not (tmp_path / "bot.db").exists()


def _without_database() -> str:
    return "".join(line for line in REAL.splitlines(keepends=True) if not line.startswith("database"))


def test_files_that_an_upgrade_makes_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(REAL.replace("PORT", "9").replace("FOLDER", str(tmp_path)))
    program = "import os; os.umask(0); from app.cli.main import main; main()"
    command = [sys.executable, "-c", program, "db", "upgrade", "--create", "--config", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own program
    made = {each.name: oct(each.stat().st_mode & 0o777) for each in tmp_path.iterdir() if each != file}
    assert made == {"bot.db": "0o600"}
