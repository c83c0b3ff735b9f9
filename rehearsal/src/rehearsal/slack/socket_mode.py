"""Socket Mode: tickets, open sockets, envelopes out, acks in. Lives in the server's event loop."""

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect

from rehearsal.slack.connections import Connections
from rehearsal.slack.delivery import ACK_LIMIT, DISPATCH_FAILED, OPERATION_TIMEOUT, DeliveryResult, OnAck, make_result
from rehearsal.slack.journal import Envelope
from rehearsal.slack.store import Store

MOST_SOCKETS: Final = 10
TICKET_LIFE: Final = timedelta(seconds=30)
FAREWELL: Final = timedelta(seconds=10)
"""How long a socket stays open after it was told to go."""
CUT: Final = "cut"
"""Not a reason of Slack's: the connection is dropped without a word."""


@dataclass(slots=True, kw_only=True)
class Socket:
    name: str
    websocket: WebSocket
    is_leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An envelope that was sent at this time of the loop's clock. A cancelled `answer` came too late."""

    sent: float
    on_ack: OnAck
    answer: asyncio.Future[DeliveryResult]


class SocketMode:
    def __init__(self, store: Store, connections: Connections) -> None:
        self._store = store
        self._connections = connections
        self._tickets: dict[str, tuple[datetime, str]] = {}
        self._open: list[Socket] = []
        self._pending: dict[str, Pending] = {}
        self._farewells: set[asyncio.Task[None]] = set()
        self._opened = 0
        self._turn = 0

    @property
    def names(self) -> list[str]:
        """The open sockets, oldest first."""
        return [socket.name for socket in self._open]

    def issue_ticket(self, app: str) -> str:
        """`app` is the id of the app whose token asked. A socket of another app than ours is greeted, and no more."""
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = self._store.clock.now(), app
        return ticket

    async def serve(self, websocket: WebSocket) -> None:
        """One socket's life. A ticket opens one socket within 30 s; the eleventh socket is sent away."""
        issued_at, app = self._tickets.pop(websocket.query_params.get("ticket", ""), (None, ""))
        if issued_at is None or self._store.clock.now() - issued_at > TICKET_LIFE:
            await websocket.close()
            return
        await websocket.accept()
        if app != self._store.settings.app.id:
            await self._greet_stranger(websocket, app)
            return
        if len(self._open) >= MOST_SOCKETS:
            await websocket.send_json(_disconnect_json("too_many_websockets"))
            await websocket.close()
            return
        await self._serve_open(websocket)

    async def deliver(self, kind: str, payload: dict[str, Any], on_ack: OnAck, **extra: Any) -> DeliveryResult:
        """Sends one envelope to one open socket and waits for its ack, 3 s at most."""
        loop = asyncio.get_running_loop()
        envelope = {"envelope_id": str(uuid4()), "type": kind, "payload": payload, **extra}
        pending = Pending(sent=loop.time(), on_ack=on_ack, answer=loop.create_future())
        self._pending[envelope["envelope_id"]] = pending
        if not await self._send(envelope):
            return DeliveryResult(error=DISPATCH_FAILED)
        try:
            return await asyncio.wait_for(pending.answer, ACK_LIMIT.total_seconds())
        except TimeoutError:
            return DeliveryResult(error=OPERATION_TIMEOUT)

    async def disconnect(self, reason: str, name: str | None = None) -> list[str]:
        """Tells the open sockets, or the named one, to go, and closes them a little later. Returns their names."""
        chosen = [socket for socket in self._open if name in {None, socket.name}]
        for socket in chosen:
            if reason == CUT:
                self._connections.cut(socket.websocket)
                continue
            socket.is_leaving = True
            await self._send_to(socket, _disconnect_json(reason))
            farewell = asyncio.create_task(self._close_later(socket))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)
        return [socket.name for socket in chosen]

    async def _serve_open(self, websocket: WebSocket) -> None:
        self._opened += 1
        socket = Socket(name=f"socket-{self._opened}", websocket=websocket)
        self._open.append(socket)
        await websocket.send_json(self._hello_json())
        self._store.note_change("socket.opened", socket=socket.name)
        try:
            async for text in websocket.iter_text():
                self._take_ack(text)
        finally:
            self._open.remove(socket)
            self._store.note_change("socket.closed", socket=socket.name)

    async def _greet_stranger(self, websocket: WebSocket, app: str) -> None:
        await websocket.send_json(self._hello_json() | {"num_connections": 1, "connection_info": {"app_id": app}})
        async for _ in websocket.iter_text():
            pass

    async def _send(self, envelope: dict[str, Any]) -> bool:
        """Whether there was a socket to take it. One that turns out to be dead is passed over."""
        for socket in self._list_by_turn():
            self._store.note_sent(self._make_envelope(envelope, socket))
            if await self._send_to(socket, envelope):
                return True
        return False

    def _list_by_turn(self) -> list[Socket]:
        """Each socket in its turn; one that was told to go only when there is no other."""
        self._turn += 1
        staying = [socket for socket in self._open if not socket.is_leaving] or list(self._open)
        start = self._turn % max(1, len(staying))
        return staying[start:] + staying[:start]

    async def _send_to(self, socket: Socket, message: dict[str, Any]) -> bool:
        try:
            await socket.websocket.send_json(message)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette says RuntimeError when the close has already been seen.
            return False
        return True

    async def _close_later(self, socket: Socket) -> None:
        await asyncio.sleep(FAREWELL.total_seconds())
        if socket in self._open:
            await socket.websocket.close()

    def _take_ack(self, text: str) -> None:
        """Whatever does not answer an envelope is ignored, as Slack ignores it."""
        try:
            ack = json.loads(text)
        except ValueError:
            return
        pending = self._pending.get(ack.get("envelope_id", "")) if isinstance(ack, dict) else None
        if pending is None:
            return
        late = pending.answer.cancelled()
        after = timedelta(seconds=asyncio.get_running_loop().time() - pending.sent)
        self._store.note_ack(ack["envelope_id"], after, late=late)
        if not pending.answer.done():
            pending.answer.set_result(make_result(after, ack.get("payload"), pending.on_ack))

    def _hello_json(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": _DEBUG_INFO,
            "connection_info": {"app_id": self._store.settings.app.id},
        }

    def _make_envelope(self, envelope: dict[str, Any], socket: Socket) -> Envelope:
        return Envelope(
            id=envelope["envelope_id"],
            kind=envelope["type"],
            via=socket.name,
            trigger_id=envelope["payload"].get("trigger_id"),
            sent_at=self._store.clock.now(),
        )


_DEBUG_INFO: Final = {"host": "rehearsal", "build_number": 1, "approximate_connection_time": 18060}


def _disconnect_json(reason: str) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": _DEBUG_INFO}
