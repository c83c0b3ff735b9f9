"""The keys of `winrm` that say how a computer takes requests: as scripts, or as commands of its module."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from app.config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Computer, Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_WITHOUT_JEA = "endpoint is for carrier: jea. Say that, too, or take the line away."
MISSING = "carrier: jea needs pypsrp. Install it: uv sync --locked --inexact --extra jea"


def _endpoint_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("write the name with which the endpoint was registered, as in LogoffBot")
    return value


EndpointName = Annotated[str, AfterValidator(_endpoint_name)]


def is_installed() -> bool:
    """Return whether the extra `jea` is there."""
    return find_spec("pypsrp") is not None


def fault_in_way(settings: Settings, computer: Computer) -> Iterator[tuple[str, str]]:
    """Yield why the computer cannot be asked by its carrier, each with the key of `winrm` that is at fault."""
    way = settings.way_to(computer)
    if way.carrier == "jea" and not is_installed():
        yield "carrier", f"{MISSING}."
    if way.carrier != "jea" and "endpoint" in computer.winrm.model_fields_set:
        yield "endpoint", _WITHOUT_JEA


def endpoint_of_none(settings: Settings) -> Iterator[Problem]:
    """Yield the endpoint at the top of the file that no computer uses."""
    is_used = any(settings.way_to(computer).carrier == "jea" for computer in settings.computers)
    if "endpoint" in settings.winrm.model_fields_set and not is_used:
        yield Problem(where=("winrm", "endpoint"), message=_WITHOUT_JEA)
