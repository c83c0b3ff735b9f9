"""How each computer is reached: from the settings to the values of the WinRM adapter, and the gate before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adapters.sql.logons import SqlLogons
from adapters.windows.errors import Fault
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.logon_gate import LogonGate
from bot.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from adapters.sql.ledger import SqlLedger
    from app.config.settings import Settings, WinRm
    from app.health.off import NoHealth
    from bot.ports.clock import Clock


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
            jea=way.endpoint if way.carrier == "jea" else "",
        )

    return connection_of


def gate_of(settings: Settings, database: Engine, ledger: SqlLedger, clock: Clock, health: NoHealth) -> LogonGate:
    """Return the gate in front of every logon with a password."""
    logons = SqlLogons(database, clock, ledger.turns, window=settings.winrm.lockout_window)
    return LogonGate(health.logons(logons), clock, settings.signing_keys.credential_key)
