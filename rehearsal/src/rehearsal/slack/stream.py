"""Changes as server-sent events, for a page that stays live."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from rehearsal.slack.journal import Change
from rehearsal.slack.store import Store


class Stream:
    """Hands every change to every listener, across from whichever thread made it into the server's event loop."""

    def __init__(self, store: Store) -> None:
        self._queues: set[asyncio.Queue[Change | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        store.watch(self._pass_on)

    def answer(self) -> StreamingResponse:
        self._loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._queues.add(queue)
        return StreamingResponse(
            self._write(queue), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    def close(self) -> None:
        """Ends every stream, so that the server can stop."""
        self._hand_out(None)

    def _pass_on(self, change: Change) -> None:
        self._hand_out(change)

    def _hand_out(self, change: Change | None) -> None:
        if self._loop is not None and not self._loop.is_closed():
            for queue in tuple(self._queues):
                self._loop.call_soon_threadsafe(queue.put_nowait, change)

    async def _write(self, queue: asyncio.Queue[Change | None]) -> AsyncIterator[str]:
        try:
            yield ": here\n\n"
            while (change := await queue.get()) is not None:
                data = json.dumps({"number": change.number, "kind": change.kind, **change.subject})
                yield f"id: {change.number}\ndata: {data}\n\n"
        finally:
            self._queues.discard(queue)
