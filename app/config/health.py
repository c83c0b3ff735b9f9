"""The section `health` of app.yaml: where a service manager and Prometheus ask how the bot is."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from app.config.policy import Section

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+)|(?P<name>localhost)):(?P<port>[0-9]{1,5})")


class Address(NamedTuple):
    """An address of this machine and a port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address_of(value: str) -> Address:
    """Return the address. Raises `ValueError` for anything but an address of this machine and a port."""
    found = _LISTEN.fullmatch(value)
    host = found and (found["six"] or found["four"] or "127.0.0.1")
    try:
        if found and host and 1 <= int(found["port"]) <= 65535:
            return Address(str(ip_address(host)), int(found["port"]))
    except ValueError:
        pass
    raise ValueError("write an address of this machine and a port, like 127.0.0.1:9090, [::1]:9090 or 0.0.0.0:9090")


def _checked(value: str) -> str:
    address_of(value)
    return value


class HealthSettings(Section):
    """Where health and metrics can be read, without a password. Without the section no port is opened."""

    listen: Annotated[str, AfterValidator(_checked)] = "127.0.0.1:9090"

    def address(self) -> Address:
        """Return where to listen."""
        return address_of(self.listen)
