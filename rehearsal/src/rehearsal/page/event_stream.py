"""One stream of server-sent events for the page: the workspace's changes, the farm, the audit log, the scene."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.responses import StreamingResponse

from rehearsal.page.farm import WatchedFarm
from rehearsal.page.scene import Scene
from rehearsal.slack.journal import Change
from rehearsal.slack.store import Store
from rehearsal.windows import BEHAVIOURS

Json = dict[str, Any]
LOOK_EVERY: Final = timedelta(milliseconds=300)
HEARTBEAT: Final = timedelta(seconds=10)
MOST_ENTRIES: Final = 500
"""Of the audit log; the page shows the newest ones."""
SHOWN: Final = ("message.", "channel.", "view.", "home.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backstage:
    """The farm and the audit log. `read_audit(n)` returns the entries after number n, and an empty list at the end."""

    farm: WatchedFarm
    read_audit: Callable[[int], Sequence[Json]]
    commands: tuple[Json, ...]


_BEHAVIOURS: Final = {name: (kind.__doc__ or name).split("\n")[0] for name, kind in BEHAVIOURS.items()}
"""The behaviours of a host, each with the first line of its description."""


class EventStream:
    """Each listener gets the whole state first, then the changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queues: set[asyncio.Queue[Json | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._backstage: Backstage | None = None
        self._hosts: dict[str, Json] = {}
        self._reset_marks = 0
        self._entries: list[Json] = []
        self._scene: Scene | None = None
        store.watch(self._pass_on)

    def show(self, backstage: Backstage) -> None:
        self._backstage = backstage

    def hide(self) -> None:
        """From now on neither the farm nor the log is looked at; a look that is under way is finished first."""
        with self._lock:
            self._backstage = None

    def tell(self, scene: Scene | None) -> None:
        self._scene = scene
        self._hand_out(self._scene_json())

    def close(self) -> None:
        """Ends every stream, so that the server can stop."""
        self._hand_out(None)

    async def answer(self) -> StreamingResponse:
        self._loop = asyncio.get_running_loop()
        for news in await asyncio.to_thread(self._look):
            self._hand_out(news)
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        for whole in self._whole_state():
            queue.put_nowait(whole)
        self._queues.add(queue)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._keep_looking())
        return StreamingResponse(
            self._write(queue), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _write(self, queue: asyncio.Queue[Json | None]) -> AsyncIterator[str]:
        try:
            while True:
                try:
                    news = await asyncio.wait_for(queue.get(), HEARTBEAT.total_seconds())
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if news is None:
                    return
                yield f"data: {json.dumps(news)}\n\n"
        finally:
            self._queues.discard(queue)

    async def _keep_looking(self) -> None:
        """Polls while there are listeners: neither the farm nor the log announces its changes."""
        while self._queues:
            for news in await asyncio.to_thread(self._look):
                self._hand_out(news)
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    def _look(self) -> list[Json]:
        """What is new since the last look."""
        with self._lock:
            if self._backstage is None:
                return []
            return [*self._look_at_farm(self._backstage), *self._look_at_log(self._backstage)]

    def _look_at_farm(self, backstage: Backstage) -> list[Json]:
        seen = backstage.farm.look()
        changed = {name: host for name, host in seen.items() if self._hosts.get(name) != host}
        marks = backstage.farm.reset_marks
        is_reset = marks != self._reset_marks or marks % 2 == 1
        self._hosts, self._reset_marks = seen, marks
        return [{"type": "farm", "hosts": changed, "is_reset": is_reset}] if changed or is_reset else []

    def _look_at_log(self, backstage: Backstage) -> list[Json]:
        new: list[Json] = []
        after = self._entries[-1]["seq"] if self._entries else 0
        while page := backstage.read_audit(after):
            new += page
            after = page[-1]["seq"]
        self._entries = [*self._entries, *new][-MOST_ENTRIES:]
        return [{"type": "audit", "entries": new[-MOST_ENTRIES:]}] if new else []

    def _whole_state(self) -> list[Json]:
        commands = self._backstage.commands if self._backstage else ()
        return [
            {
                "type": "hello",
                "commands": commands,
                "behaviours": _BEHAVIOURS,
                "hosts": self._hosts,
                "entries": self._entries,
            },
            self._scene_json(),
        ]

    def _scene_json(self) -> Json:
        return {"type": "scene", "scene": asdict(self._scene) if self._scene else None}

    def _pass_on(self, change: Change) -> None:
        if change.kind.startswith(SHOWN):
            self._hand_out({"type": "workspace", "kind": change.kind, "number": change.number, **change.subject})

    def _hand_out(self, news: Json | None) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            for queue in tuple(self._queues):
                loop.call_soon_threadsafe(queue.put_nowait, news)
