"""A TCP proxy to a Unix socket that can fall silent: it takes every byte, forwards none, and closes nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SilentProxy:
    def __init__(self, behind: Path) -> None:
        self._behind = behind
        self._forwards = threading.Event()
        self._forwards.set()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """What is open now stays dead for good, as after a firewall forgot it; so does what is opened meanwhile."""
        self._forwards.clear()
        self._forwards = threading.Event()

    def recover(self) -> None:
        """New connections are forwarded again."""
        self._forwards.set()

    def close(self) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._behind))
                self._open += [client, server]
                forwards = self._forwards
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=_pump, args=(source, sink, forwards), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, forwards: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            forwards.wait()
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to(behind: Path) -> Iterator[SilentProxy]:
    proxy = SilentProxy(behind)
    try:
        yield proxy
    finally:
        proxy.close()
