"""The module of `windows/LogoffBot` on a real PowerShell engine, over the farm's stand-in of wtsapi32: one prompt."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from rehearsal.windows import EngineMissingError
from rehearsal.windows.engine_discovery import find_powershell
from rehearsal.windows.engines import SHIM_NAMES
from rehearsal.windows.sessions import TICKS_PER_SECOND, Rule, Session, SessionFile, State, Table, now_ticks
from windows import build

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PATIENCE = 60
"""Seconds for one command on a busy machine; none takes one."""
HOUR = 3600 * TICKS_PER_SECOND
START = """
Add-Type -TypeDefinition ([IO.File]::ReadAllText($env:PROMPT_SOURCE))
[Prompt]::Serve($env:PROMPT_REQUESTS, $env:PROMPT_REPLIES)
"""
# What the engine hides behind proxies of its own when it makes a restricted session; Windows has them, the engine alone
# has not.
HIDDEN = """
using System.Management.Automation;
[Cmdlet("Select", "Object")] public sealed class SelectObject : PSCmdlet { }
[Cmdlet("Measure", "Object")] public sealed class MeasureObject : PSCmdlet { }
[Cmdlet("Get", "FormatData")] public sealed class GetFormatData : PSCmdlet { }
"""
STAND_INS = {
    "Microsoft.PowerShell.ConsoleHost": "",
    "Microsoft.PowerShell.Commands.Management": "",
    "Microsoft.PowerShell.Security": "",
    "Microsoft.PowerShell.Commands.Diagnostics": "",
    "Microsoft.WSMan.Management": "",
    "Microsoft.PowerShell.Commands.Utility": HIDDEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came of one line at the prompt."""

    output: list[Any]
    errors: list[str]
    host: list[str]
    verbose: list[str]
    failed: str | None
    state: str

    @property
    def identifier(self) -> str:
        """What its first error is called in every language; empty without one."""
        return self.wrong.partition("\n")[0].partition(",")[0]

    @property
    def wrong(self) -> str:
        return "\n".join(([self.failed] if self.failed else []) + self.errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt on comp1. Lines of one language share a session of PowerShell."""

    sessions: SessionFile
    module: Path
    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    replies: IO[bytes]

    def run(self, script: str, *, mode: str = "FullLanguage", answers: str = "", **more: Any) -> Said:
        asked = {"script": script, "mode": mode, "answers": answers, **more}
        self.requests.write(json.dumps(asked).encode() + b"\n")
        self.requests.flush()
        for _ in range(PATIENCE):
            if select.select([self.replies], [], [], 1)[0]:
                reply = json.loads(self.replies.readline())
                assert "broken" not in reply, reply["broken"]
                return Said(**reply)
            assert self.process.poll() is None, f"the engine ended with {self.process.returncode}"
        pytest.fail(f"no reply to {script!r}")

    def acts(self) -> list[tuple[str, int, str]]:
        """Whom which call of Windows hit, in order."""
        return [(call.name, call.session_id, call.account) for call in self.sessions.calls()]

    @property
    def calls_file(self) -> str:
        return str(self.sessions.path) + ".calls"

    def put(self, *sessions: Session, rule: Rule | None = None) -> None:
        self.sessions.create(Table(rule or Rule(), {each.id: each for each in sessions or people()}))


def people() -> list[Session]:
    """The services, two people, one at the console, and a listener."""
    now = now_ticks()
    since: dict[str, Any] = {"logon": now - 9 * HOUR, "connect": now - 8 * HOUR, "domain": "CORP"}
    rdp: dict[str, Any] = {"protocol": 2, "build": 19045, **since}
    return [
        Session(id=0, state=State.DISCONNECTED, station="Services"),
        Session(id=1, state=State.CONNECTED, station="Console"),
        Session(id=3, state=State.DISCONNECTED, disconnect=now - 2 * HOUR, user="alice", client="LAPTOP-7", **rdp),
        Session(id=5, state=State.ACTIVE, input=now, station="RDP-Tcp#5", user="bob", client="LAPTOP-8", **rdp),
        Session(id=7, state=State.ACTIVE, input=now, station="RDP-Tcp#7", user="carol", address="10.0.4.19", **rdp),
        Session(id=65536, state=State.LISTEN, station="RDP-Tcp"),
    ]


@contextmanager
def open_prompt(folder: Path, *, restricted: bool = False) -> Iterator[Prompt]:
    """Skips without mcs or an engine. `restricted`: the engine can make restricted sessions, too."""
    if not shutil.which("mcs"):
        pytest.skip("the module: install mono-mcs")
    try:
        program = find_powershell(folder).program
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    module = build.build(folder)
    sessions = SessionFile(folder / "comp1.sessions")
    requests, replies = folder / "requests", folder / "replies"
    for pipe in (requests, replies):
        os.mkfifo(pipe)
    environment = environment_of(folder, sessions)
    start = (_stand_ins(folder) if restricted else "") + START
    environment |= {
        "STAND_INS": str(folder / "stand-ins"),
        "PROMPT_SOURCE": str(HERE / "module_prompt.cs"),
        "PROMPT_REQUESTS": str(requests),
        "PROMPT_REPLIES": str(replies),
    }
    nothing = subprocess.DEVNULL
    with (
        _both_ends(requests, "wb") as to,
        _both_ends(replies, "rb") as back,
        subprocess.Popen(words(program, start), env=environment, cwd=folder, stdin=nothing, stdout=nothing) as process,  # noqa: S603 - the engine of this machine
    ):
        yield Prompt(sessions=sessions, module=module, process=process, requests=to, replies=back)
        process.kill()


def environment_of(folder: Path, sessions: SessionFile) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PSModulePath": str(folder),
        "LD_LIBRARY_PATH": str(folder),
        "LD_PRELOAD": str(folder / SHIM_NAMES[0]),
        "REHEARSAL_SESSIONS": str(sessions.path),
        "REHEARSAL_COMPUTER": "COMP1",
        "REHEARSAL_DOMAIN": "corp.example",
    }


def words(program: str, script: str) -> list[str]:
    return [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script]


def _both_ends(pipe: Path, mode: str) -> IO[bytes]:
    """Opened for both directions, the pipe waits for nobody."""
    return os.fdopen(os.open(pipe, os.O_RDWR), mode, buffering=0)


def _stand_ins(folder: Path) -> str:
    """The lines that make the assemblies which a restricted session names, and load them."""
    made = folder / "stand-ins"
    made.mkdir()
    for name, source in STAND_INS.items():
        (made / f"{name}.cs").write_text(source, encoding="ascii")
    return (HERE / "module_stand_ins.ps1").read_text(encoding="ascii")
