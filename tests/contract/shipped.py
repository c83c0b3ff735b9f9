"""The shipped farm with the real agent, spoken to without the adapter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rehearsal
from adapters.windows.agent import script
from rehearsal.windows import EngineMissingError, Farm
from tests.support.farm_client import listed, log_off

if TYPE_CHECKING:
    from rehearsal.windows.settings import EngineName

SHIPPED = Path(rehearsal.__file__).with_name("farm.yaml")
AGENT = script.constant_script()
TIMES = ("logon", "connect", "disconnect", "input", "now")


def start_farm(engine: EngineName) -> Farm:
    farm = Farm.from_file(SHIPPED, engine=engine)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    return farm


def look(farm: Farm, host: str = "comp1") -> dict[int, dict[str, Any]]:
    return listed(farm, host, AGENT)


def act(farm: Farm, *targets: str, host: str = "comp1", wait: int = 5) -> list[dict[str, Any]]:
    return log_off(farm, host, *targets, wait=wait, script=AGENT)


def timeless(session: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in session.items() if name not in TIMES}
