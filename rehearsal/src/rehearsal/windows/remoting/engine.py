"""An endpoint of a real engine: PowerShell's own server of remoting, in a restricted session with a module's commands.

The server is a process that speaks the out-of-process form of PSRP: one XML element a line. It works off every line in
a thread of its own, so a line follows when the one before it is acknowledged.
"""

import base64
import os
import queue
import signal
import subprocess
import threading
import xml.etree.ElementTree as ET  # the engine's own words
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple, cast

from rehearsal.windows import faults
from rehearsal.windows.engines import Engine, EngineMissingError, Machine, PowerShell, ask_tool, environment_of
from rehearsal.windows.remoting.endpoint import POOL, Say

_ACKNOWLEDGED_WITHIN = 30
_HERE = Path(__file__).parent
_LOAD = (
    "foreach ($each in [IO.Directory]::GetFiles('{made}', '*.dll')) {{ [void][Reflection.Assembly]::LoadFrom($each) }}"
)
_SERVE = "{load}; [Server]::Run({pipe}, '{configuration}')"
_RESTRICTED = "    SchemaVersion = '2.0.0.0'\n    SessionType = 'RestrictedRemoteServer'\n"
_NOTHING_MORE = "@{\n    GUID = '7a3f5a0e-1d0c-4a8e-9a55-0f6f2f3f1c11'\n}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedSessions:
    """`module` is the folder of a built module, with its role capability beside it, as Windows wants it installed."""

    engine: PowerShell
    module: Path

    @property
    def _made(self) -> Path:
        return self.engine.folder / f"remoting-{self.module.name}"

    def make(self) -> None:
        """The stand-ins and the two configurations, once in a farm. EngineMissingError when they cannot be made."""
        if self._made.exists():
            return
        roles = sorted(self.module.glob("RoleCapabilities/*.psrc"))
        if len(roles) != 1:
            raise EngineMissingError(f"{self.module} is no built module: it needs one RoleCapabilities/*.psrc")
        self._made.mkdir()
        make_stand_ins(self.engine.program, self._made)
        (self._made / "other.pssc").write_text(_restricted(_NOTHING_MORE), encoding="utf-8")
        (self._made / "member.pssc").write_text(_restricted(roles[0].read_text("utf-8")), encoding="utf-8")

    def open(self, machine: Machine, say: Say, *, is_member: bool) -> "EngineEndpoint":
        configuration = self._made / ("member.pssc" if is_member else "other.pssc")
        script = _SERVE.format(load=_LOAD.format(made=self._made), pipe="{pipe}", configuration=configuration)
        words = [self.engine.program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script]
        environment = environment_of(self.engine.folder, machine, {"PSModulePath": str(self.module.parent)})
        return EngineEndpoint(words, environment, self.engine.folder, say)


def make_stand_ins(program: str, folder: Path) -> str:
    """What an engine alone lacks for a restricted session, made in the folder; the line of a script that loads it."""
    variables = {"TARGET": str(folder), "SOURCE": str(_HERE / "Server.cs")}
    script = f"& ([ScriptBlock]::Create([IO.File]::ReadAllText('{_HERE / 'stand_ins.ps1'}')))"
    ask_tool([program, "-NoLogo", "-NoProfile", "-Command", script], variables)
    return _LOAD.format(made=folder)


class Engines(NamedTuple):
    """What runs the agent, and what is behind the endpoints of remoting: a double without `remoting`."""

    agent: Engine
    remoting: RestrictedSessions | None


def _restricted(role: str) -> str:
    """A session configuration of what a role shows: the server takes no file with roles in it.

    The keys of a role capability are keys of a configuration as well.
    """
    before, opened, after = role.partition("@{\n")
    return before + opened + _RESTRICTED + after


class EngineEndpoint:
    def __init__(self, words: list[str], environment: dict[str, str], folder: Path, say: Say) -> None:
        """`{pipe}` in the words is the descriptor that the server reads."""
        reading, writing = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603  # the farm's own engine
            [word.replace("{pipe}", str(reading)) for word in words],
            env=environment,
            cwd=folder,
            pass_fds=(reading,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(reading)
        self._output = cast("IO[bytes]", self._process.stdout)
        self._input = os.fdopen(writing, "wb", buffering=0)
        self._say = say
        self._turn = threading.Lock()
        self._acknowledged: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, name=f"engine {self._process.pid}", daemon=True).start()

    def open(self, pipeline: str) -> None:
        self._tell(f"<Command PSGuid='{pipeline}' />", "CommandAck")

    def take(self, pipeline: str, data: bytes, *, prompted: bool = False) -> None:
        stream = "PromptResponse" if prompted else "Default"
        text = base64.b64encode(data).decode()
        self._tell(f"<Data Stream='{stream}' PSGuid='{pipeline}'>{text}</Data>", "DataAck")

    def stop(self, pipeline: str) -> None:
        self._tell(f"<Signal PSGuid='{pipeline}' />")

    def forget(self, pipeline: str) -> None:
        self._tell(f"<Close PSGuid='{pipeline}' />")

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with self._turn, suppress(OSError):
            self._input.close()

    def _tell(self, line: str, answer: str = "") -> None:
        """Raises the Fault of a shell that is gone when the server takes no more."""
        with self._turn:
            try:
                self._input.write(line.encode() + b"\n")
                while answer and (said := self._acknowledged.get(timeout=_ACKNOWLEDGED_WITHIN)) != answer:
                    if not said:
                        raise faults.ended_shell()
            except (OSError, ValueError, queue.Empty) as error:
                raise faults.ended_shell() from error

    def _read(self) -> None:
        """Until the server ends; what is no element is no word of it."""
        with self._output as lines:
            for line in lines:
                try:
                    element = ET.fromstring(line)  # noqa: S314  # see the import
                except ET.ParseError:
                    continue
                if element.tag == "Data":
                    self._say(element.get("PSGuid", POOL).lower(), base64.b64decode(element.text or ""))
                elif element.tag in {"CommandAck", "DataAck"}:
                    self._acknowledged.put(element.tag)
        self._acknowledged.put("")
        self._say(POOL, b"")
