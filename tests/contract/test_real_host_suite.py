"""The suite for a real host, tried on the farm: so that it works on the day somebody has one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rehearsal.windows import Farm
from tests.contract.hosts import farm_file

SUITE = Path(__file__).parents[1] / "real_host"


def run(**environment: str) -> tuple[int, str]:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-skips", str(SUITE)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TS_TEST_", "PYTEST_"))}
    done = subprocess.run(  # noqa: S603 - pytest itself
        words, env=clean | environment, cwd=SUITE.parents[1], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_without_a_host_nothing_is_collected_and_nothing_skipped() -> None:
    code, said = run()
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "skipped" not in said


def test_with_a_seat_everything_is_tried_and_nobody_else_is_touched(tmp_path: Path) -> None:
    path, (host,) = farm_file(tmp_path, hosts=1)
    with Farm.from_file(path, engine="double") as farm:
        there = urlsplit(farm.endpoints[host])
        said = {
            "TS_TEST_HOST": str(there.hostname),
            "TS_TEST_MACHINE": host,
            "TS_TEST_PORT": str(there.port),
            "TS_TEST_SCHEME": "http",
            "TS_TEST_TRANSPORT": "ntlm",
            "TS_TEST_USER": farm.account.username,
            "TS_TEST_PASSWORD": farm.account.password,
        }
        code, words = run(**said)
        assert (code, farm.calls(host)) == (0, []), words
        code, words = run(**said, TS_TEST_SEAT="5")
        assert code == 0, words
        assert re.search(r"\b5 passed\b", words)
        assert [(call.name, call.session_id) for call in farm.calls(host)] == [
            ("message", 5),
            ("disconnect", 5),
            ("logoff", 5),
        ]
