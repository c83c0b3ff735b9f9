"""What stands between a program and a server in a real network: a line that dies silently, a proxy, a TLS front."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

HOST = "127.0.0.1"
_ENDED = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)


class Relay:
    """Passes each connection on to a port of this machine. `with Relay(port) as relay:` opens it at `relay.port`.

    With `is_proxy` it is an HTTP proxy that takes CONNECT alone, leads every address to that port, and keeps the heads
    of all requests in `heads`. With `authorization` it wants that value of `Proxy-Authorization`. With `tls` it is the
    server's side of TLS.
    """

    def __init__(
        self, target: int, *, tls: ssl.SSLContext | None = None, is_proxy: bool = False, authorization: str = ""
    ) -> None:
        self._target, self._tls, self._is_proxy, self._authorization = target, tls, is_proxy, authorization
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._taken = 0
        self._dead_below = 0
        self.heads: list[str] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections have been opened."""
        return self._taken

    def swallow(self) -> None:
        """From now on nothing passes over the connections that are open; neither side is told. New ones work."""
        self._dead_below = self._taken

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, HOST, 0, ssl=self._tls)

    async def _close(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self._taken = self._taken, self._taken + 1
        with suppress(*_ENDED):
            if self._is_proxy and not await self._is_let_through(reader, writer):
                writer.close()
                return
            onward, back = await asyncio.open_connection(HOST, self._target)
            await asyncio.gather(self._pass(number, reader, back), self._pass(number, onward, writer))

    async def _is_let_through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        answer = "200 Connection established"
        if not head.startswith("CONNECT "):
            answer = "405 Method Not Allowed"
        elif self._authorization and f"proxy-authorization: {self._authorization}\r\n".lower() not in head.lower():
            answer = "407 Proxy Authentication Required"
        writer.write(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        await writer.drain()
        return answer.startswith("200")

    async def _pass(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if number >= self._dead_below:
                    writer.write(data)
                    await writer.drain()
        finally:
            if number >= self._dead_below:
                writer.close()
