"""How each computer is reached: from the settings to the values of the WinRM adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adapters.windows.errors import Fault
from adapters.windows.winrm.endpoint import Connection, Transport
from bot.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.config.settings import WinRm


TAKEN_OUT = Fault(Unreachable, "{host} is no longer among my computers: app.yaml was changed. I did not contact it.")


class Ways(Protocol):
    """What knows how computers are reached."""

    def winrm_for(self, host: str) -> tuple[str, WinRm]: ...


def connections(ways: Ways, endpoints: Mapping[str, str] | None) -> Callable[[str], Connection]:
    """Return the connection of each computer by its name. `endpoints` has the URLs of a farm's hosts."""

    def connection_of(host: str) -> Connection:
        try:
            address, way = ways.winrm_for(host)
        except LookupError as exc:
            raise TAKEN_OUT.at(host, delivered=False) from exc
        endpoint = f"{way.scheme}://{address}:{way.real_port}/wsman"
        return Connection(
            endpoint=endpoints[host] if endpoints else endpoint,
            transport=Transport(way.transport),
            username=way.username,
            password=way.password,
            ca_file=way.ca_file,
            certificate=way.certificate,
            key=way.key,
            repeats=way.repeat,
            kerberos_host=host if address != host else "",
        )

    return connection_of
