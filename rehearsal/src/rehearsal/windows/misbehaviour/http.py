"""Answers that no Windows host gives, over the connection of a request that has been read."""

import socket
import threading
from http.server import BaseHTTPRequestHandler

_DROP_SECONDS = 0.05
_FLOOD_PIECE = b"<" * 65536
_FLOOD_PIECES = 160  # 10 MB
ELSEWHERE = "http://127.0.0.1:9/wsman"
"""Where a redirect leads: the port of discard, which is closed."""


def misbehave(manner: str, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
    """OSError when the client goes away, which ends the connection as any other way to leave does."""
    handler.close_connection = not manner.isdecimal() and manner != "redirect"
    match manner:
        case "silence":
            handler.connection.recv(1)  # nothing more comes: it ends when the client hangs up
        case "trickle":
            _trickle(handler.connection, stopped)
        case "flood":
            _head(handler, 200, {"Content-Type": "multipart/encrypted", "Connection": "close"})
            for _ in range(_FLOOD_PIECES):
                handler.wfile.write(_FLOOD_PIECE)
        case "redirect":
            _head(handler, 307, {"Location": ELSEWHERE, "Content-Length": "0"})
        case _ if manner.isdecimal():
            _head(handler, int(manner), {"Content-Length": "0"})


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def _trickle(connection: socket.socket, stopped: threading.Event) -> None:
    """A byte now and then: each in time for a limit that starts anew with every byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/encrypted\r\nContent-Length: 100000\r\n\r\n")
    while not stopped.wait(_DROP_SECONDS):
        connection.sendall(b"<")
