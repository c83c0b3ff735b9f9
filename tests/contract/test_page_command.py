"""`logoff-bot rehearse` as a newcomer meets it: an address, a clean end, a clear word when the port is taken."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.page_commands import PAGE_OPENS, SCENE, commands_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.page_commands import Command

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def rehearse(*options: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("DISPLAY")}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-u", "-m", "app", "rehearse", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def shown(command: Command) -> list[str]:
    """Return what stands behind `logoff-bot rehearse` in a command of a page, or in what make runs for it."""
    line = command.text
    if line.startswith("make "):
        asked = [*shlex.split(line), "--dry-run", "--old-file=.venv/rehearsal", "BIN=.venv/bin"]
        alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # not a part of ours
        done = subprocess.run(asked, cwd=ROOT, env=alone, capture_output=True, text=True, check=True)  # noqa: S603 - a line of our own page
        line = done.stdout.strip().removeprefix(".venv/bin/")
    program, what, *options = shlex.split(line)
    assert (program, what) == ("logoff-bot", "rehearse")
    return options


def read_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found, line
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_is_and_ends_cleanly_while_somebody_looks(number: signal.Signals) -> None:
    opened, plain = (shown(command) for command in {each.text: each for each in commands_of(PAGE_OPENS)}.values())
    with rehearse(*(opened if number is signal.SIGINT else plain), "--port", "0") as process:
        address = read_address(process)
        assert "<title>Rehearsal</title>" in requests.get(address, timeout=10).text
        with requests.get(f"{address}page/events", stream=True, timeout=20) as stream:
            next(stream.iter_lines())
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors, errors


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with rehearse("--port", port) as process:
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {port} of this machine is taken." in " ".join(errors.split())
    assert "Traceback" not in errors


def test_a_scene_is_played_and_its_end_is_the_end() -> None:
    (command,) = commands_of(SCENE)
    with rehearse(*shown(command), "--port", "0", "--pace", "0", "--end") as process:
        _, errors = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "The scene is over." in errors


def test_a_scene_that_is_not_there_is_said_before_anything_starts() -> None:
    with rehearse("--port", "0", "--scenario", "no-such-scene") as process:
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (1, "")
    assert "There is no scene no-such-scene." in " ".join(errors.split())
