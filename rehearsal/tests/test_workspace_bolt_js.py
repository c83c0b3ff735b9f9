"""The workspace under Slack's own JavaScript framework, so that it is not shaped to one client."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace

HERE = Path(__file__).parent / "bolt_js"
NODE, NPM = shutil.which("node"), shutil.which("npm")

pytestmark = pytest.mark.skipif(NODE is None or NPM is None, reason="install Node.js 20 and npm")


class Driver:
    """The app in its own process; `read` waits for its next fact."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        fact: dict[str, Any] = json.loads(line)
        return fact


@pytest.fixture(scope="module")
def bolt() -> Path:
    """The folder with Slack's client in it, fetched by the lock when it is not there yet."""
    if not (HERE / "node_modules" / "@slack" / "bolt").exists():
        subprocess.run([str(NPM), "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=110)  # noqa: S603 -- npm
    return HERE


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as workspace:
        yield workspace


@pytest.fixture
def driver(bolt: Path, workspace: Workspace) -> Iterator[Driver]:
    environment = {
        "PATH": os.environ["PATH"],
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
    }
    command = [str(NODE), "driver.mjs"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=bolt, env=environment, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 -- node
    try:
        yield Driver(process)
    finally:
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_the_javascript_client_carries_a_command_to_its_end(workspace: Workspace, driver: Driver) -> None:
    assert driver.read() == {"event": "started", "refused": "invalid_blocks"}
    dana, bo = UserClient(workspace.url, "dana"), UserClient(workspace.url, "bo")

    asked = dana.command("/logoff comp1 id=3")
    assert (asked.ok, asked.reply) == (True, "looking at comp1 id=3")
    fact = driver.read()
    assert (fact["event"], fact["blocks"], fact["leads"]) == ("asked", 2, ["U0BO000001", "U0CHEN0001"])
    assert fact["command"]["user_id"] == "U0DANA0001"

    pressed = bo.press("Log off")
    assert (pressed.ok, pressed.button, pressed.message_ts) == (True, "Log off 1", fact["ts"])
    assert driver.read() == {
        "event": "pressed",
        "user": "U0BO000001",
        "value": "TS-1:1",
        "ts": fact["ts"],
        "state": {"values": {}},
    }

    assert [(one.text, one.ephemeral) for one in dana.messages()] == [
        ("looking at comp1 id=3", True),
        ("done", False),
        ("the card is there", True),
    ]


def test_the_javascript_client_comes_back_after_it_was_sent_away(workspace: Workspace, driver: Driver) -> None:
    driver.read()
    (before,) = workspace.sockets
    workspace.disconnect("refresh_requested")
    assert workspace.wait_until(lambda: workspace.sockets != [] and before not in workspace.sockets)
    assert UserClient(workspace.url, "dana").command("/logoff comp2").ok
    assert driver.read()["command"]["text"] == "comp2"
