"""The files of deploy/ before the tools that know their formats: systemd, hadolint and the schemas of Kubernetes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

BIN = Path(sys.executable).parent
DEPLOY = ROOT / "deploy"


def tool(name: str, how: str) -> str:
    found = shutil.which(name, path=f"{BIN}:/usr/bin:/bin")
    if not found:
        pytest.skip(f"{name} is not here: {how}")
    return found


def call(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with programs and pages that this machine has."""
    text = (DEPLOY / "logoff-bot.service").read_text("utf-8")
    changed = text.replace("/opt/logoff-bot/.venv/bin/logoff-bot", sys.executable)
    changed = changed.replace("/opt/logoff-bot/docs/", f"{ROOT}/docs/")
    file = tmp_path / "logoff-bot.service"
    file.write_text(changed)
    return file


def test_systemd_takes_the_unit_without_a_word(unit: Path) -> None:
    assert call(tool("systemd-analyze", "apt-get install systemd"), "verify", str(unit)) == ""


def test_systemd_takes_the_drop_in_of_the_page_for_the_first_start(unit: Path) -> None:
    [text] = re.findall(r"printf '(.+)' > /run/systemd", (ROOT / "docs" / "deploy.md").read_text("utf-8"))
    folder = unit.with_name("logoff-bot.service.d")
    folder.mkdir()
    (folder / "create.conf").write_text(text.replace("\\n", "\n"))
    assert call(tool("systemd-analyze", "apt-get install systemd"), "verify", str(unit)) == ""


def test_systemd_finds_the_unit_well_confined(unit: Path) -> None:
    told = call(tool("systemd-analyze", "apt-get install systemd"), "security", "--offline=true", str(unit))
    [exposure] = re.findall(r"Overall exposure level for .*: ([0-9.]+)", told)
    assert float(exposure) <= 1.5


def test_a_unit_with_a_slip_is_not_taken(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    done = subprocess.run(  # noqa: S603 - our own words
        [tool("systemd-analyze", "apt-get install systemd"), "verify", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "WatchdogSecs" in done.stdout + done.stderr


def test_hadolint_has_nothing_to_say_about_the_dockerfile() -> None:
    assert call(tool("hadolint", "make deploy"), str(DEPLOY / "Dockerfile")) == ""


@pytest.mark.parametrize("version", ["1.30", "1.33"])
def test_kubernetes_takes_the_manifests_and_knows_every_key(version: str) -> None:
    files = sorted(str(file) for file in (DEPLOY / "kubernetes").glob("*.yaml"))
    told = call(tool("kubernetes-validate", "make deploy"), "-k", version, "--strict", *files)
    assert "WARN" not in told
    assert told.count(" passed for resource ") >= len(files)
