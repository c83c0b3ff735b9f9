"""Health and metrics of the whole bot, asked over their port while the real thing breaks and heals."""

from __future__ import annotations

import json
import os
import resource
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from adapters.slack import socket_client
from app.config.health import Address, HealthSettings
from app.health import parts
from app.health.service import Service
from app.rehearse.environment import open_stage
from bot.errors import SettingsError
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal_testing.waiting import wait_until
from tests.e2e import test_death_and_rebirth
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from tests.e2e.test_death_and_rebirth import World

world = test_death_and_rebirth.world  # the fixture
pytestmark = pytest.mark.slow
LONG = 60.0
"""Seconds that a test waits at most; how soon it has to be is held by a clock of the test (`test_readiness.py`)."""


class AnyPort(HealthSettings):
    """The system chooses the port: one that a test has found free is taken again by then, now and then."""

    def address(self) -> Address:
        return Address("127.0.0.1", 0)


@pytest.fixture
def watched(settings: Settings) -> Settings:
    return settings.model_copy(update={"health": AnyPort()})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot.db"


@pytest.fixture
def stage(watched: Settings, file: Path) -> Iterator[Rehearsal]:
    with open_stage(watched, engine="double", database=f"sqlite:///{file}") as opened:
        yield opened


def asking(stage: Rehearsal) -> Callable[[str], requests.Response]:
    assert isinstance(stage.bot.health, Service)
    return asking_at(f"http://127.0.0.1:{stage.bot.health.port}")


def asking_at(url: str) -> Callable[[str], requests.Response]:
    session = requests.Session()
    session.trust_env = False
    return lambda path: session.get(url + path, timeout=10)


@pytest.fixture
def ask(stage: Rehearsal) -> Callable[[str], requests.Response]:
    return asking(stage)


def bad_parts(answer: requests.Response) -> set[str]:
    told = json.loads(answer.text)
    assert (answer.status_code == 200) == told["ready"]
    return {name for name, part in told["parts"].items() if not part["ok"]}


def samples(answer: requests.Response) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(answer.text)
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def test_a_command_front_to_back_is_in_the_metrics_and_nobody_is_named(
    stage: Rehearsal, ask: Callable[[str], requests.Response]
) -> None:
    wait_until(lambda: ask("/readyz").status_code == 200, LONG)
    assert ask("/livez").status_code == 200
    dana = stage.visitor("dana")
    dana.command("/logoff comp1 id=3 --sync")
    stage.wait_until_still()
    dana.press("Log off 1")
    stage.wait_until_still()
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def is_counted() -> bool:
        found.update(samples(ask("/metrics")))
        return ("logoffbot_requests_ended_total", (("command", "logoff"), ("ending", "done"))) in found

    wait_until(is_counted, LONG)
    assert found["logoffbot_commands_total", (("command", "logoff"), ("outcome", "recorded"))] == 1
    assert found["logoffbot_acts_total", (("action", "log_off"), ("outcome", "gone"))] == 1
    assert found["logoffbot_looks_total", (("outcome", "ok"),)] >= 1
    assert found["logoffbot_chat_calls_total", (("call", "post"), ("outcome", "ok"))] == 1
    assert found["logoffbot_ack_seconds_count", ()] == 2
    assert found["logoffbot_ready", ()] == 1
    told = ask("/metrics").text + ask("/readyz").text + ask("/livez").text
    secrets = (stage.workspace.bot_token, stage.workspace.app_token, "svc-logoff", "alice", "comp1", "U0", "TS-")
    assert [secret for secret in secrets if secret in told] == []


def test_a_pause_is_told_and_the_bot_stays_ready(stage: Rehearsal, ask: Callable[[str], requests.Response]) -> None:
    wait_until(lambda: ask("/readyz").status_code == 200, LONG)
    stage.bot.ledger.pause("root", "change freeze of a secret project")
    wait_until(lambda: json.loads(ask("/readyz").text)["paused"], LONG)
    assert ask("/readyz").status_code == 200
    assert "secret project" not in ask("/readyz").text
    stage.bot.ledger.resume("root")
    wait_until(lambda: not json.loads(ask("/readyz").text)["paused"], LONG)


def test_what_breaks_turns_red_and_is_green_again_by_itself(
    watched: Settings,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The socket stays cut, the file is moved and the sweeps hang, all at once, so that the test waits once."""
    monkeypatch.setattr(parts, "DEAF_MOST", 3.0)
    monkeypatch.setattr(parts, "SILENT_MOST", 6.0)
    monkeypatch.setattr(socket_client, "LONGEST_PAUSE", 1.0)
    with open_stage(watched, engine="double", database=f"sqlite:///{file}") as stage:
        ask = asking(stage)
        wait_until(lambda: ask("/readyz").status_code == 200, LONG)
        goes_on = threading.Event()
        ledger = stage.bot.scheduler._ledger  # type: ignore[attr-defined] # the test's hand in the machine
        due = ledger.due
        monkeypatch.setattr(ledger, "due", lambda now: due(now) if goes_on.wait() else ())
        stage.workspace.plan(Fault(method="apps.connections.open", kind=FaultKind.SERVER_ERROR, times=10_000))
        stage.workspace.disconnect("cut")
        away = file.with_name("away.db")
        file.rename(away)
        wait_until(lambda: bad_parts(ask("/readyz")) >= {"slack", "database", "scheduler"}, LONG)
        assert ask("/livez").status_code == 200
        bad = {name for (name, labels), value in samples(ask("/metrics")).items() if labels and value == 0}
        assert "logoffbot_part_ready" in bad
        away.rename(file)
        stage.workspace._context.faults.clear()
        goes_on.set()
        wait_until(lambda: ask("/readyz").status_code == 200, LONG)
        assert samples(ask("/metrics"))["logoffbot_socket_gaps_total", ()] == 1


def test_a_full_disk_turns_it_red_and_room_makes_it_green_again_by_itself(world: World, tmp_path: Path) -> None:
    """The system lets no file of the bot's process grow above 64 kB, as a full disk would."""
    here = f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250}.8:9090"  # no other test has this address
    file = tmp_path / "app.yaml"
    file.write_text(f"{(ROOT / 'app.yaml').read_text('utf-8')}\nhealth: {{listen: '{here}'}}\n", "utf-8")
    with (tmp_path / "log").open("wb") as log, world.bot(owned=True, settings=file, log=log) as bot:
        ask = asking_at(f"http://{here}")
        wait_until(lambda: ask("/readyz").status_code == 200, LONG)
        room = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (64 * 1024, room[1]))
        wait_until(lambda: bad_parts(ask("/readyz")) == {"database"}, LONG)
        assert "no room" in ask("/readyz").text
        assert ask("/livez").status_code == 200
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, room)
        wait_until(lambda: ask("/readyz").status_code == 200, LONG)


def test_a_port_that_is_taken_ends_the_start_with_a_sentence(settings: Settings, file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = HealthSettings(listen=f"127.0.0.1:{other.getsockname()[1]}")
        told = settings.model_copy(update={"health": taken})
        with (
            pytest.raises(SettingsError, match=r"health\.listen: I cannot listen on"),
            open_stage(told, engine="double", database=f"sqlite:///{file}"),
        ):
            pytest.fail("it has started")


def test_without_the_section_nothing_is_wrapped_and_no_port_is_opened(settings: Settings, file: Path) -> None:
    with open_stage(settings, engine="double", database=f"sqlite:///{file}") as stage:
        assert type(stage.bot.ledger).__name__ == "SqlLedger"
        assert not [each.name for each in threading.enumerate() if each.name.startswith("health")]


def test_after_the_end_nobody_answers(watched: Settings, file: Path) -> None:
    with open_stage(watched, engine="double", database=f"sqlite:///{file}") as stage:
        ask = asking(stage)
        assert ask("/livez").status_code in {200, 503}
    with pytest.raises(requests.ConnectionError):
        ask("/livez")
