"""The engines that run the agent on a host: PowerShell, mono, or the Python double, the first that is found.

Real engines run what was sent. They call a C shim of wtsapi32 (`wtsapi32.c`), compiled once per farm, which reads the
host's sessions from its file.
"""

import hashlib
import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rehearsal.windows.payload import BOOTSTRAP, PayloadError, read_payload
from rehearsal.windows.process import run_process
from rehearsal.windows.sessions import SessionFile
from rehearsal.windows.shells import Command

SHIM_NAMES = ("libwtsapi32.so", "wtsapi32.dll.so", "libwtsapi32.dll.so")
"""mono looks for the first name, .NET for one of the others."""

CONSTRAINED = ("-LanguageMode", "ConstrainedLanguage")
"""Before the arguments of PowerShell: as on a host with application control. Only the rehearsal's engines know it."""
CONSTRAINED_STDERR = (
    "Cannot invoke method. Method invocation is supported only on core types in this language mode.\r\n"
    "    + CategoryInfo          : InvalidOperation: (:) [], RuntimeException\r\n"
    "    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage\r\n"
)
NO_POWERSHELL = (
    "There is no PowerShell behind this host of the rehearsal: it understands the bootstrap of docs/agent-protocol.md "
    "and nothing else. Install pwsh, or name its executable in $TS_PWSH, and give the host that engine."
)

_SHORT_LIVED = {"DOTNET_TieredPGO": "0", "DOTNET_gcConcurrent": "0"}
"""For .NET: the agent lives for a second. What would make a long life quicker takes a seventh of its CPU."""

_MAIN = """\
using System;
static class Rehearsal
{
    static void Main()
    {
        string nonce = Console.In.ReadLine(), tally = Console.In.ReadLine();
        int length = int.Parse(Console.In.ReadLine());
        string rest = Console.In.ReadToEnd();
        LogoffBot.Agent.Run(nonce, rest.Substring(0, length), tally, rest.Substring(length));
    }
}
"""


class EngineMissingError(RuntimeError):
    """The engine asked for is not on this machine; the message says what to install."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The Windows host an engine plays."""

    name: str
    sessions: SessionFile
    called: str
    """What the machine calls itself; another name than the farm's for a host that is not who it seems to be."""

    @property
    def dns(self) -> str:
        return self.called.partition(".")[0].upper()

    @property
    def netbios(self) -> str:
        return self.dns[:15]


class Engine(Protocol):
    @property
    def title(self) -> str:
        """Its name and version, for the banner."""

    def run(self, arguments: list[str], command: Command, machine: Machine) -> int:
        """Runs `powershell.exe` with these arguments to its end and returns its exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerShell:
    """Runs the whole agent, as `powershell.exe` would."""

    program: str
    folder: Path
    title: str

    def run(self, arguments: list[str], command: Command, machine: Machine) -> int:
        environment = _environment(self.folder, machine, command)
        folder = _directory(self.folder, machine, command)
        words = [self.program, *arguments]
        return run_process(words, environment=environment, folder=folder, command=command, data=command.read())


@dataclass(frozen=True, slots=True, kw_only=True)
class Mono:
    """Compiles the C# that arrived, as strictly as Windows PowerShell does, and calls its entry point."""

    mono: str
    mcs: str
    folder: Path
    title: str
    _compiling: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def run(self, arguments: list[str], command: Command, machine: Machine) -> int:
        if tuple(arguments[:2]) == CONSTRAINED:
            command.read_all()
            return fail(command, CONSTRAINED_STDERR)
        if not is_bootstrap(arguments):
            return fail(command, NO_POWERSHELL)
        data = command.read_all()
        if not data.strip():
            return 0
        try:  # the bootstrap is PowerShell's; mono is given what it would have evaluated
            payload = read_payload(data)
            if not payload.source:
                return 0
            program = self._compile(payload.source)
        except PayloadError as error:
            return fail(command, not_parsed(error))
        except subprocess.CalledProcessError as error:
            return fail(command, error.stdout)
        texts = (payload.nonce, payload.tally, str(len(payload.request)), payload.request + payload.whole)
        request = "\n".join(texts).encode("ascii")
        environment = _environment(self.folder, machine, command)
        folder = _directory(self.folder, machine, command)
        words = [self.mono, str(program)]
        return run_process(words, environment=environment, folder=folder, command=command, data=[request])

    def _compile(self, source: str) -> Path:
        """C# 5 and no warnings: the compiler of Windows PowerShell 5.1 knows no more and forgives no less."""
        name = hashlib.sha256(source.encode()).hexdigest()[:16]
        program = self.folder / f"{name}.exe"
        with self._compiling:
            if not program.exists():
                agent, main = self.folder / f"{name}.cs", self.folder / "main.cs"
                agent.write_text(source, encoding="ascii")
                main.write_text(_MAIN, encoding="ascii")
                tool_output([self.mcs, "-langversion:5", "-warnaserror", f"-out:{program}", str(agent), str(main)])
        return program


def fail(command: Command, text: str) -> int:
    """What PowerShell does with a command that it cannot run."""
    command.write(f"{text}\r\n".encode(), "stderr")
    return 1


def not_parsed(error: PayloadError) -> str:
    return f"{error}\r\n    + FullyQualifiedErrorId : ParseException"


def is_bootstrap(arguments: list[str]) -> bool:
    """The one command line of powershell.exe that engines without PowerShell understand."""
    return arguments == ["-NoLogo", "-NoProfile", "-NonInteractive", "-Command", BOOTSTRAP]


def _directory(folder: Path, machine: Machine, command: Command) -> Path:
    """The working directory the client asked for has a place of its own here; it is made as if it had been there."""
    wanted = command.around.directory
    if wanted is None:
        return folder
    here = folder.joinpath("disks", machine.name, wanted.drive[0].upper(), *wanted.parts[1:])
    here.mkdir(parents=True, exist_ok=True)
    return here


def _environment(folder: Path, machine: Machine, command: Command) -> dict[str, str]:
    """As little as a process needs, and what the client asked for: nothing of the farm's own reaches the agent."""
    return environment_of(folder, machine, command.around.environment)


def environment_of(folder: Path, machine: Machine, asked: Mapping[str, str]) -> dict[str, str]:
    """The same for a process that no command is behind."""
    return (
        {"COMPUTERNAME": machine.netbios}
        | _SHORT_LIVED
        | dict(asked)
        | {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LD_LIBRARY_PATH": str(folder),
            "LD_PRELOAD": str(folder / SHIM_NAMES[0]),
            "REHEARSAL_SESSIONS": str(machine.sessions.path),
            "REHEARSAL_COMPUTER": machine.dns,
        }
    )


def tool_output(words: list[str], variables: Mapping[str, str] | None = None) -> str:
    """What a tool prints. CalledProcessError, with the program's words in `stdout`, when it fails."""
    return subprocess.run(  # noqa: S603  # the engine's own tools, found above
        words,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ) | dict(variables or {}),
    ).stdout


def ask_tool(words: list[str], variables: Mapping[str, str] | None = None) -> str:
    """The same; EngineMissingError where the tool is not here or fails."""
    try:
        return tool_output(words, variables)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stdout", None) or error
        raise EngineMissingError(f"{words[0]} does not work here: {said}") from error
