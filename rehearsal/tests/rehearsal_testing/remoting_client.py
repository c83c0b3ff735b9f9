"""A client of PowerShell remoting for the tests of the farm: pypsrp, one connection and one pool."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.serializer import TaggedValue
from pypsrp.wsman import WSMan

from rehearsal.windows import EngineMissingError, Farm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows.settings import EngineName

BUILD = Path(__file__).parents[3] / "windows" / "build.py"
_LONG = frozenset({"LogonTime", "SaidSince"})
"""Parameters that an Int32 is too small for."""


class Answer(NamedTuple):
    """`errors` are the identifiers, without the class behind the comma."""

    rows: list[dict[str, Any]]
    errors: list[str]


@contextmanager
def start_farm(path: Path, engine: EngineName) -> Iterator[Farm]:
    """With the real module where the engine is PowerShell. Skips the test where one of them is missing."""
    module = _built_module(path.parent) if engine == "pwsh" else None
    farm = Farm.from_file(path, engine=engine, module=module)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    try:
        yield farm
    finally:
        farm.stop()


def _built_module(folder: Path) -> Path:
    if not shutil.which("mcs") or not BUILD.exists():
        pytest.skip("the module cannot be built here: install mono-mcs")
    subprocess.run([sys.executable, str(BUILD), str(folder)], check=True)  # noqa: S603 - the module's own script
    return folder / "LogoffBot"


@contextmanager
def open_pool(farm: Farm, host: str, endpoint: str = "LogoffBot", **changes: Any) -> Iterator[RunspacePool]:
    """A pool over sealed NTLM. The connection does not repeat what was cut."""
    with connect(farm, host, **changes) as wsman, RunspacePool(wsman, configuration_name=endpoint) as pool:
        yield pool


def connect(farm: Farm, host: str, **changes: Any) -> WSMan:
    place = urlsplit(farm.endpoints[host])
    arguments: dict[str, Any] = {
        "port": place.port or 0,
        "ssl": False,
        "auth": "ntlm",
        "username": farm.account.username,
        "password": farm.account.password,
        "no_proxy": True,
        "operation_timeout": 45,
        "read_timeout": 60,
        "reconnection_retries": 0,
    }
    return WSMan(place.hostname or "", **arguments | changes)


def ask(pool: RunspacePool, name: str, **given: Any) -> Answer:
    """One command in a pipeline of its own, which is closed."""
    return ask_all(pool, (name, given))


def ask_all(pool: RunspacePool, *commands: tuple[str, dict[str, Any]]) -> Answer:
    """Commands in one pipeline."""
    return _answer(pipeline(pool, *commands))


def ask_script(pool: RunspacePool, script: str) -> Answer:
    return _answer(PowerShell(pool).add_script(script))


def pipeline(pool: RunspacePool, *commands: tuple[str, dict[str, Any]]) -> PowerShell:
    shell = PowerShell(pool)
    for name, given in commands:
        shell.add_cmdlet(name).add_parameters({key: _sent(key, value) for key, value in given.items()})
    return shell


def _sent(name: str, value: Any) -> Any:
    return TaggedValue("I64", str(value)) if name in _LONG and isinstance(value, int) else value


def _answer(shell: PowerShell) -> Answer:
    things = shell.invoke()
    shell.close()
    errors = [str(each.fq_error).partition(",")[0] for each in shell.streams.error]
    return Answer([getattr(each, "adapted_properties", {}) for each in things], errors)


def sessions(pool: RunspacePool) -> dict[int, dict[str, Any]]:
    """By id, as the endpoint tells them."""
    return {each["SessionId"]: each for each in ask(pool, "Get-TSSession").rows}


def person(session: dict[str, Any]) -> dict[str, Any]:
    """The parameters that name the session and the person, as they were told."""
    return {"Id": session["SessionId"], "UserName": session["UserName"], "LogonTime": session["LoginTime"]}


def order(session: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The parameters of an order to end the session or the connection to it."""
    return person(session) | {"SaidState": session["StateCode"], "Force": True} | changes
