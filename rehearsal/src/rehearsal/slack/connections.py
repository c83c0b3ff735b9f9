"""The TCP connections under the server, so that one can be cut on purpose, which ASGI cannot do."""

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from starlette.requests import HTTPConnection
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connections:
    """Open connections by the caller's address and port."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[tuple[str, int], asyncio.Transport] = WeakValueDictionary()

    def add(self, transport: asyncio.Transport) -> None:
        peer = transport.get_extra_info("peername")
        if peer is not None:
            self._open[peer[0], peer[1]] = transport

    def cut(self, request: HTTPConnection) -> None:
        """Drops the connection of this request; a later answer does not arrive."""
        client = request.client
        transport = self._open.get((client.host, client.port)) if client else None
        if transport is not None:
            transport.abort()


def make_protocol(connections: Connections) -> type[asyncio.Protocol]:
    """The HTTP protocol of uvicorn, noting each connection in `connections`."""

    class NotedProtocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            connections.add(transport)
            super().connection_made(transport)

    return NotedProtocol
