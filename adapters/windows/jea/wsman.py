"""A connection's side of WS-Management, by pypsrp: it has a transport, and writes the envelopes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from pypsrp.wsman import NAMESPACES, WSMan, _TransportHTTP

from adapters.windows.winrm.protocol import OPERATION_SECONDS

if TYPE_CHECKING:
    from adapters.windows.winrm.endpoint import Connection

_ENVELOPE = 153_600
"""Bytes of an envelope that every release of Windows takes: pypsrp's own default."""

_LOCALE = "en-US"

for _prefix, _namespace in NAMESPACES.items():
    ET.register_namespace(_prefix, _namespace)


class OneWSMan(WSMan):
    """Does all that its base does but one thing: it leaves the prefixes of ElementTree as they are.

    They are one table for all threads. The base takes each prefix out and puts it back whenever a connection is made.
    Meanwhile the messages of other threads have other prefixes, and are no XML where that of `xml:lang` is out. Two
    connections that are made at once may end in a `KeyError`.
    """

    def __init__(self, **transport: Any) -> None:
        self.session_id = str(uuid.uuid4())
        self.locale = self.data_locale = _LOCALE
        self.transport = _TransportHTTP(**transport)
        self.max_envelope_size, self.operation_timeout = _ENVELOPE, OPERATION_SECONDS
        self.max_payload_size = self._calc_envelope_size(_ENVELOPE)


def wsman_of(connection: Connection) -> Any:
    """Return the connection's side of WS-Management, which has sent nothing yet."""
    where = urlsplit(connection.endpoint)
    return OneWSMan(
        server=where.hostname,
        port=where.port,
        path=where.path.strip("/"),
        ssl=where.scheme.lower() == "https",
        auth=connection.transport.value,
        encryption="always" if connection.seals else "never",
        username=connection.username or None,
        password=connection.password.get_secret_value() or None,
        cert_validation=connection.verify,
        certificate_pem=str(connection.certificate) if connection.certificate else None,
        certificate_key_pem=str(connection.key) if connection.key else None,
        negotiate_service="HTTP",
        negotiate_hostname_override=connection.kerberos_host or None,
        no_proxy=True,
        reconnection_backoff=0,
    )
