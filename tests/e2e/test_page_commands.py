"""The commands of the pages, as they stand there: from nothing to the first logoff and what follows, and the rehearsal.

The local workspace stands where Slack is, at its name and over TLS, and the farm of hosts where Windows is, over HTTPS
with an authority of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from adapters.windows.agent import script
from app.cli.main import app
from app.rehearse.environment import FARM
from bot.errors import BotError
from rehearsal.slack import UserClient
from rehearsal.windows import Farm
from rehearsal.windows.python_agent.double import PythonDouble
from rehearsal_testing.waiting import wait_until
from tests.e2e.real_slack import slack_behind_a_proxy
from tests.support.checkout import ROOT
from tests.support.page_commands import FIRST_LOGOFF, REHEARSED, blocks_of, commands_of, is_as_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.slack import Workspace
    from tests.support.page_commands import Command

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # on a machine with much else to do
RUNNER = CliRunner()
PROGRAM = Path(sys.executable).with_name("logoff-bot")
PATIENT = 120
"""Seconds that are waited at most, on a machine with much else to do."""

ETC, PORT = "/etc/logoff-bot", "127.0.0.1:9090"
MINE = f"127.{os.getpid() // 250 % 250 + 1}.{os.getpid() % 250}.9:9090"
"""An address of this machine that no other test has: the port of the page may be taken."""

ANSWERS = ("T0HOME0001", "", "comp1", "ntlm", "CORP\\svc-logoff", "", "@oncall", "C0APPROVE1", "@ts-leads")
"""What an administrator answers to `init`, as the page shows it."""


@dataclass
class Machine:
    """The machine of an administrator: a folder, an environment, and a bot once it runs."""

    workspace: Workspace
    farm: Farm
    folder: Path
    environment: dict[str, str]
    bot: subprocess.Popen[bytes] | None = None
    told: dict[str, str] = field(default_factory=dict)
    """Command -> what it printed."""

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def do(self, command: Command) -> None:
        """Run it, and compare what it prints with what the page shows."""
        before, after = AROUND.get(command.text, (nothing, nothing))
        before(self)
        code, told = self._run(self._meant(command.text))
        told = told.replace(str(self.etc), ETC).replace(MINE, PORT)
        assert code == int(command.text in FINDS), f"{command.place}\n{told}"
        self.told[command.text] = told
        after(self)
        if command.output is not None:
            assert is_as_shown(command.output, self.told[command.text]), f"{command.place}\n{self.told[command.text]}"
        else:
            assert command.text in SAYS, f"{command.place}: neither the page nor SAYS has its output\n{told}"
            assert SAYS[command.text] in " ".join(told.split()), told

    def _meant(self, text: str) -> str:
        """Return the command with the values of this machine for those that stand for them on the pages."""
        values = {ETC: str(self.etc), PORT: MINE, "@handle": "@dana"}
        if "SEQ:HASH" in text:
            values["SEQ:HASH"] = self.told["logoff-bot audit anchor"].strip()
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    def _run(self, line: str) -> tuple[int, str]:
        words = shlex.split(line)
        if words[:2] == ["logoff-bot", "run"]:
            return self._start(words)
        if words[0] == "logoff-bot" and not set("|>$&;") & set(line):
            return called(words[1:], self.environment, "\n".join(ANSWERS) if words[1] == "init" else None)
        if words[0] == "set":
            line = f"{line}; env -0"
        done = subprocess.run(  # noqa: S603 - a line of our own page
            ["/bin/sh", "-c", line], env=self._shell, capture_output=True, text=True, check=False, timeout=PATIENT
        )
        if words[0] != "set" or done.returncode:
            return done.returncode, done.stdout + done.stderr
        self.environment |= dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
        return 0, ""

    @property
    def _shell(self) -> dict[str, str]:
        """What a shell of this machine has: `logoff-bot`, and a `pgrep` that sees the bot of this test alone."""
        (tools := self.folder / "tools").mkdir(exist_ok=True)
        session = f"--session {self.bot.pid} " if self.bot else ""
        (tools / "pgrep").write_text(f'#!/bin/sh\nexec /usr/bin/pgrep {session}"$@"\n', encoding="ascii")
        (tools / "pgrep").chmod(0o700)
        return self.environment | {"PATH": f"{tools}:{PROGRAM.parent}:{os.environ['PATH']}"}

    def _start(self, words: list[str]) -> tuple[int, str]:
        command = [str(PROGRAM), *words[1:]]
        with self.log.open("wb") as log:
            self.bot = subprocess.Popen(command, env=self.environment, stderr=log, start_new_session=True)  # noqa: S603 - our own program
        wait_until(lambda: bool(self.workspace.sockets), PATIENT)
        return 0, ""

    def end(self) -> None:
        if self.bot:
            self.bot.kill()
            self.bot.wait()


def called(words: list[str], environment: dict[str, str], answers: str | None = None) -> tuple[int, str]:
    """Call `logoff-bot` in this process: to start one takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        done = RUNNER.invoke(app, words, input=answers)
    if done.exception and not isinstance(done.exception, (SystemExit, BotError)):
        raise done.exception
    said = done.exception.message if isinstance(done.exception, BotError) else ""
    return done.exit_code, done.output + said


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    with (
        slack_behind_a_proxy(folder, name="slack.com") as (workspace, proxy),
        Farm.from_file(FARM, engine="double") as farm,
    ):
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {
            "HTTPS_PROXY": proxy.url,
            "SSL_CERT_FILE": str(folder / "ca.pem"),
            "COLUMNS": "200",
        }
        there = Machine(workspace=workspace, farm=farm, folder=folder, environment=environment)
        try:
            yield there
        finally:
            there.end()


# What an administrator does beside the commands


def nothing(_: Machine) -> None: ...


def write_secrets(there: Machine) -> None:
    """Write the values behind the names, as `init` says."""
    file = there.etc / "logoff-bot.env"
    values = {
        "LOGOFF_BOT_AUDIT_KEY": "0123456789abcdef" * 4,
        "SLACK_BOT_TOKEN": there.workspace.bot_token,
        "SLACK_APP_TOKEN": there.workspace.app_token,
        "WINRM_PASSWORD": f"'{there.farm.account.password}'",
    }
    text = file.read_text(encoding="utf-8")
    for name, value in values.items():
        assert f"\n{name}=\n" in text
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    file.write_text(text, encoding="utf-8")


def name_the_computer(there: Machine) -> None:
    """A host of the farm has a port of its own and an authority of its own."""
    way = {"port": urlsplit(there.farm.secure_endpoints["comp1"]).port, "ca_file": str(there.farm.ca_file)}
    computer = {"name": "comp1", "address": "127.0.0.1", "machine": "comp1", "winrm": way}
    change(there.etc / "app.yaml", "  - comp1\n", f"  - {yaml.safe_dump(computer, default_flow_style=True, width=999)}")
    change(there.etc / "app.yaml", "# health: ", f"health: {{listen: '{MINE}'}} # ")


def change(file: Path, old: str, new: str, to: Path | None = None) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (to or file).write_text(text.replace(old, new), encoding="utf-8")


def log_somebody_off(there: Machine) -> None:
    """Type in Slack what the page says, press, and read what it says."""
    assert there.bot
    wait_until(lambda: '"process.ready"' in there.log.read_text("utf-8"), PATIENT)
    there.told[RUN] = there.log.read_text("utf-8")
    dana = UserClient(there.workspace.url, "dana")
    sessions, log_off = [line for block in typed("docs/running.md") for line in block.splitlines()]

    def is_told(words: str) -> bool:
        assert f"*{words}*" in " ".join(PAGE.split())
        wait_until(lambda: any(words in message.text for message in dana.messages()), PATIENT)
        return True

    assert dana.command(sessions).ok
    assert is_told("4 people on comp1")
    assert dana.command(log_off).ok
    assert is_told("Log off CORP\\alice on comp1?")
    assert "**Log off 1**" in PAGE
    wait_until(lambda: any("Log off 1" in message.buttons for message in dana.messages()), PATIENT)
    assert dana.press("Log off 1").ok
    assert is_told("Logged off CORP\\alice on comp1")


def typed(page: str) -> list[str]:
    return [block.text for block in blocks_of(page) if block.language == "slack"]


def change_the_rules(there: Machine) -> None:
    change(there.etc / "app.yaml", "second_person_above: 10 ", "second_person_above: 9 ")


def wait_until_taken(there: Machine) -> None:
    wait_until(lambda: '"config.taken"' in there.log.read_text("utf-8"), PATIENT)


def wait_until_ready(_: Machine) -> None:
    """The first look at the database comes some seconds after the start."""

    def is_ready() -> bool:
        asked = ["curl", "--silent", "--fail", f"http://{MINE}/readyz"]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own words

    wait_until(is_ready, 60)


def write_other_rules(there: Machine) -> None:
    change(there.etc / "app.yaml", "who: ['@oncall']", "who: [U0BO000001]", to=there.etc / "new.yaml")


def go_there(there: Machine) -> None:
    """From now on `app.yaml` is the one of this folder."""
    os.chdir(there.etc)
    (variable,) = re.findall(r"`(LOGOFF_BOT_CONFIG)=(\S+)`", PAGE)
    there.environment[variable[0]] = variable[1].replace(ETC, str(there.etc))
    name_the_computer(there)
    write_secrets(there)


PAGE = (ROOT / "docs" / "running.md").read_text("utf-8")
RUN = f"logoff-bot run --config {ETC}/app.yaml"
ASK_READY = f"curl --silent http://{PORT}/readyz"
HANG_UP = "kill -HUP $(pgrep -f 'logoff-bot run')"
DIFF = "logoff-bot policy diff app.yaml new.yaml --since 7d"
AROUND: dict[str, tuple[Callable[[Machine], None], Callable[[Machine], None]]] = {
    f"logoff-bot init {ETC}": (nothing, go_there),
    RUN: (nothing, log_somebody_off),
    HANG_UP: (change_the_rules, wait_until_taken),
    ASK_READY: (wait_until_ready, nothing),
    DIFF: (write_other_rules, nothing),
}
"""Command -> what is done before it and after it."""

SAYS = {
    'export PATH="$PWD/.venv/bin:$PATH"': "",
    "logoff-bot --version": "database revision 0001",
    "logoff-bot manifest > manifest.yaml": "",
    f"logoff-bot policy check --config {ETC}/app.yaml": "1 rule, and it can work.",
    HANG_UP: "",
    "logoff-bot audit anchor": ":",
    "logoff-bot audit verify --anchor SEQ:HASH": "is that of the anchor, so nothing up to it was cut",
    "logoff-bot policy check": "1 rule, and it can work.",
    "logoff-bot policy check --live": "1 rule, and it can work.",
    "logoff-bot policy explain --as '@handle' --in '#ops' '/logoff comp1 id=3 --force'": 'comp1: rule "on-call" covers',
    DIFF: "2 requests: 1 decided otherwise",
    "logoff-bot agent | sha256sum": script.digest(),
}
"""Command without an output on its page -> what it says."""

FINDS = {DIFF}
"""Commands that find something here, which is exit code 1."""

REHEARSAL_SAYS = {
    "logoff-bot try '/logoff comp1 id=3 --sync' --press 'Log off 1'": "Logged off CORP\\alice on comp1",
    "logoff-bot try '/logoff comp1 alice' --press '/logoff comp1 user=alice'": "Log off CORP\\alice on comp1?",
    "logoff-bot try '/sessions comp1' --press 'CORP\\bob' --press 'Log off'": "Log off CORP\\bob on comp1?",
    "logoff-bot try '@logoffbot who is on comp1'": "/sessions comp1",
}


@pytest.mark.skipif(not (which("curl") and which("pgrep")), reason="install curl and procps")
def test_the_pages_lead_from_nothing_to_the_first_logoff_and_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with machine(tmp_path) as there:
        for command in commands_of(FIRST_LOGOFF):
            there.do(command)
    assert yaml.safe_load((tmp_path / "manifest.yaml").read_text("utf-8"))["features"]["slash_commands"]


def test_what_the_page_about_the_rehearsal_types_is_answered(
    monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """With the double of the agent, for speed."""
    monkeypatch.setattr("rehearsal.windows.farm.find_engine", lambda _name, _folder: PythonDouble())
    for command in commands_of(REHEARSED):
        with subtests.test(command.text):
            code, told = called(shlex.split(command.text)[1:], {"COLUMNS": "200"})
            assert code == 0, told
            assert REHEARSAL_SAYS[command.text] in told
