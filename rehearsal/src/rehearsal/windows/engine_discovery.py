"""Which engines this machine has, the best first: PowerShell, mono, the Python double."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from rehearsal.windows.engines import SHIM_NAMES, Engine, EngineMissingError, Mono, PowerShell, ask_tool
from rehearsal.windows.python_agent.double import PythonDouble
from rehearsal.windows.settings import EngineName

_SHIM = Path(__file__).with_name("wtsapi32.c")


def find_engine(name: EngineName, folder: Path) -> Engine:
    """EngineMissingError when it is not here; `best` always finds one. What has to be built is built in `folder`."""
    match name:
        case "pwsh":
            return find_powershell(folder)
        case "mono":
            return find_mono(folder)
        case "double":
            return PythonDouble()
        case "best":
            for real in (find_powershell, find_mono):
                with suppress(EngineMissingError):
                    return real(folder)
            return PythonDouble()


def find_powershell(folder: Path) -> PowerShell:
    """$TS_PWSH, else `pwsh` on PATH."""
    program = os.environ.get("TS_PWSH") or shutil.which("pwsh")
    if not program or not shutil.which(program):
        raise EngineMissingError("PowerShell is not here: install pwsh, or name its executable in $TS_PWSH")
    build_shim(folder)
    words = [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "[string]$PSVersionTable.PSVersion"]
    return PowerShell(program=program, folder=folder, title=f"PowerShell {ask_tool(words).strip()}")


def find_mono(folder: Path) -> Mono:
    mono, mcs = shutil.which("mono"), shutil.which("mcs")
    if not mono or not mcs:
        raise EngineMissingError("mono is not here: install mono-runtime and mono-mcs")
    build_shim(folder)
    version = ask_tool([mono, "--version=number"]).strip()
    return Mono(mono=mono, mcs=mcs, folder=folder, title=f"mono {version}")


def build_shim(folder: Path) -> Path:
    """The shim under each name a runtime looks for; EngineMissingError without gcc."""
    library = folder / SHIM_NAMES[0]
    if library.exists():
        return library
    gcc = shutil.which("gcc")
    if not gcc or sys.platform != "linux":
        raise EngineMissingError("real engines need Linux and gcc, for the stand-in of wtsapi32.dll")
    ask_tool([gcc, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SHIM)])
    for name in SHIM_NAMES[1:]:
        shutil.copy(library, folder / name)
    return library
