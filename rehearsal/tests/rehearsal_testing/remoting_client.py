"""A client of PowerShell remoting for the tests of the farm: pypsrp, one connection and one pool."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.serializer import TaggedValue
from pypsrp.wsman import WSMan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows import Farm

_LONG = frozenset({"LogonTime", "SaidSince"})
"""Parameters that an Int32 is too small for."""


class Answer(NamedTuple):
    """`errors` are the identifiers, without the class behind the comma."""

    rows: list[dict[str, Any]]
    errors: list[str]


@contextmanager
def open_pool(farm: Farm, host: str, endpoint: str = "LogoffBot", **changes: Any) -> Iterator[RunspacePool]:
    """A pool over sealed NTLM. The connection does not repeat what was cut."""
    place = urlsplit(farm.endpoints[host])
    arguments: dict[str, Any] = {
        "port": place.port or 0,
        "ssl": False,
        "auth": "ntlm",
        "username": farm.account.username,
        "password": farm.account.password,
        "no_proxy": True,
        "operation_timeout": 5,
        "read_timeout": 10,
        "reconnection_retries": 0,
    }
    wsman = WSMan(place.hostname or "", **arguments | changes)
    with wsman, RunspacePool(wsman, configuration_name=endpoint, no_profile=True) as pool:
        yield pool


def ask(pool: RunspacePool, name: str, **given: Any) -> Answer:
    """One command in a pipeline of its own, which is closed."""
    return ask_all(pool, (name, given))


def ask_all(pool: RunspacePool, *commands: tuple[str, dict[str, Any]]) -> Answer:
    """Commands in one pipeline."""
    shell = PowerShell(pool)
    for name, given in commands:
        values = {key: TaggedValue("I64", value) if key in _LONG else value for key, value in given.items()}
        shell.add_cmdlet(name).add_parameters(values)
    return _answer(shell)


def ask_script(pool: RunspacePool, script: str) -> Answer:
    return _answer(PowerShell(pool).add_script(script))


def _answer(shell: PowerShell) -> Answer:
    things = shell.invoke()
    shell.close()
    errors = [str(each.fq_error).partition(",")[0] for each in shell.streams.error]
    return Answer([getattr(each, "adapted_properties", {}) for each in things], errors)


def sessions(pool: RunspacePool) -> dict[int, dict[str, Any]]:
    """By id, as the endpoint tells them."""
    return {each["SessionId"]: each for each in ask(pool, "Get-TSSession").rows}


def order(session: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The parameters of an act on a session as it was told."""
    names = {"Id": "SessionId", "UserName": "UserName", "LogonTime": "LoginTime", "SaidState": "StateCode"}
    return {name: session[told] for name, told in names.items()} | {"Force": True} | changes
