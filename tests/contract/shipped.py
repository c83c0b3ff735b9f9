"""The shipped farm with the real agent, spoken to without the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.windows.agent import script
from rehearsal_testing.winrm_client import listed, log_off

if TYPE_CHECKING:
    from rehearsal.windows import Farm

AGENT = script.constant_script()
TIMES = ("logon", "connect", "disconnect", "input", "now")


def look(farm: Farm, host: str = "comp1") -> dict[int, dict[str, Any]]:
    return listed(farm, host, AGENT)


def act(farm: Farm, *targets: str, host: str = "comp1", wait: int = 5) -> list[dict[str, Any]]:
    return log_off(farm, host, *targets, wait=wait, script=AGENT)


def timeless(session: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in session.items() if name not in TIMES}
