"""An administrator's first hour with the documents alone, at the servers of `logoff-bot practice`.

PostgreSQL, HTTPS with an authority of one's own, and Kerberos where this machine has a KDC: init, the checks, the
tables, the doctor, the bot as a process, and the first logoff.
"""

from __future__ import annotations

import errno
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from typer.testing import CliRunner

from app.cli.main import app
from app.rehearse.practice import why_not
from bot.errors import SettingsError
from rehearsal.practice import SHIPPED_PRACTICE_FARM
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.contract.conftest import new_postgresql  # noqa: F401 - the fixture
from tests.support.cases import for_each
from tests.support.checkout import ROOT
from tests.support.page_commands import PRACTICE, commands_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

COMMAND = "/logoff comp1.corp.example id=3 --sync"


@contextmanager
def program(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "app", *words], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def answers(said: str) -> dict[str, str]:
    """What the practice tells for `init`, by option."""
    told = dict(re.findall(r"^  (\w[\w, -]*?)  +(\S.*)$", said, re.MULTILINE))
    transport = "kerberos" if "account, kerberos" in told else "ntlm"
    return {
        "--team": told["team"],
        "--computers": told["computers"],
        "--transport": transport,
        "--account": told[f"account, {transport}"],
        "--ca-file": told["ca-file"],
        "--groups": told["groups"].partition(" ")[0],
        "--approve-in": told["approve-in"],
        "--contact": "",
    }


def adapted(text: str, said: str) -> str:
    """The file of `init` with the two parts that the practice tells: where Slack is, and where the computers are."""
    told = yaml.safe_load(said.partition("in place of what stands there:\n")[2])
    block = "".join(f"  - {yaml.safe_dump(each, default_flow_style=True, width=500)}" for each in told["computers"])
    text = re.sub(r"^  # api_url: \S+", f"  api_url: {told['slack']['api_url']}", text, flags=re.MULTILINE)
    return re.sub(r"(?m)^(computers:.*\n)(?:  - .*\n)+", lambda found: found[1] + block, text, count=1)


def test_from_nothing_to_the_first_logoff_over_https_on_postgresql(
    tmp_path: Path,
    new_postgresql: Callable[[], str],  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, config = tmp_path / "bot", ["--config", str(tmp_path / "bot" / "app.yaml")]
    farm = SHIPPED_PRACTICE_FARM.read_text(encoding="utf-8").replace("engine: best", "engine: double")
    (tmp_path / "farm.yaml").write_text(farm, encoding="utf-8")
    (command,) = commands_of(PRACTICE)
    words = command.text.split()[1:]
    start = [*words, str(tmp_path / "practice"), "--port", "0", "--farm", str(tmp_path / "farm.yaml")]
    with program(tmp_path / "servers", *start) as servers:
        wait_until(lambda: "For app.yaml" in (tmp_path / "servers").read_text() or servers.poll() is not None, 60)
        wait_until(lambda: (tmp_path / "servers").read_text().endswith("\n"))
        said = (tmp_path / "servers").read_text(encoding="utf-8")
        words = [word for pair in answers(said).items() for word in pair]
        done(["init", str(folder), *words, "--database", "postgresql://bot@db.example/logoff"])
        for name, value in re.findall(r"^  ([A-Z][A-Z0-9_]+)=(.+)$", said, re.MULTILINE):
            monkeypatch.setenv(name, value.strip("'"))
        monkeypatch.setenv("DATABASE_URL", new_postgresql())
        monkeypatch.setenv("LOGOFF_BOT_AUDIT_KEY", "5f" * 32)
        (folder / "app.yaml").write_text(adapted((folder / "app.yaml").read_text(encoding="utf-8"), said))
        assert done(["config", "check", *config]).endswith("has no fault.\n")
        assert done(["policy", "check", *config]).startswith("1 rule, and it can work.\n")
        done(["db", "upgrade", *config])
        assert "nothing failed" in done(["doctor", *config])
        done(["policy", "check", "--live", *config])
        url = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert url
        with program(tmp_path / "log", "run", *config):
            wait_until(lambda: "process.ready" in (tmp_path / "log").read_text(), 60)
            dana = UserClient(url[0], "dana")
            assert dana.command(COMMAND).ok
            wait_until(lambda: any(each.buttons for each in dana.messages()), 30)
            dana.press("Log off 1")
            wait_until(lambda: any("Logged off" in each.text for each in dana.messages()), 30)
        assert "library.said" not in (tmp_path / "log").read_text()
    assert "and the log holds" in done(["audit", "verify", *config])


def done(words: list[str]) -> str:
    """Run a command that has to succeed, and return its output."""
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, f"{words}\n{result.output}\n{result.exception}"
    return result.output


@for_each(
    ("file", "sentence"),
    [
        ("tokens.json", "does not hold the tokens of a workspace. Delete it."),
        ("ca.pem", "hold no authority. Delete them."),
        ("farm.yaml", "farm.yaml"),
        ("", "is taken. End what uses it, or say --port."),
    ],
)
def test_a_practice_that_cannot_start_says_why_and_what_to_do(tmp_path: Path, file: str, sentence: str) -> None:
    folder = tmp_path / f"of {file}"
    folder.mkdir()
    for name in {"": (), "ca.pem": ("ca.pem", "ca.key")}.get(file, (file,)):
        (folder / name).write_text("nothing", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = 0 if file else taken.getsockname()[1]
        farm = ["--farm", str(folder / file)] if file == "farm.yaml" else []
        failed = CliRunner().invoke(app, ["practice", str(folder), "--port", str(port), *farm])
    assert isinstance(failed.exception, SettingsError)
    assert sentence in failed.exception.message


@for_each(
    ("error", "sentence"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied"),  # as a socket says it: no file is named
            "Port 80 of this machine, or one after it, is not for this user. Say --port and one above 1023.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "kept/ca.key"),
            "kept/ca.key: Permission denied. Name another folder.",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "kept: No space left on device. Name another folder."),
    ],
)
def test_a_port_of_others_is_not_blamed_on_the_folder(error: OSError, sentence: str) -> None:
    assert why_not(error, Path("kept"), 80) == sentence
