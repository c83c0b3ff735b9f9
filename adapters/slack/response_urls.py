"""The response URLs of commands: a way to answer the requester that needs no right in any channel.

Such a URL is a secret: who has it can write to that person. It is kept in this process's memory alone, for a while;
it is in no log, no error and no database. Slack lets each be used five times within 30 minutes.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.slack.web import post_to
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT_FOR = timedelta(minutes=25)
"""How long a URL is kept. Slack takes it for five minutes more."""

MOST_USES = 5


@dataclass(slots=True)
class _Kept:
    url: str = field(repr=False)
    at: float
    uses: int = 0


class ResponseUrls:
    """The URLs by the ids of the requests that their commands became. `ticks` are seconds that never go back."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks, self._lock = ticks, threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def keep(self, request_id: str, url: str) -> None:
        """Keep the URL for a while, and forget those whose time is over."""
        if not url:
            return
        with self._lock:
            self._forget()
            self._kept[request_id] = _Kept(url, self._ticks())

    def answer(self, request_id: str, text: str) -> None:
        """Show the text to the requester alone. Raises `ChatError`."""
        post_to(self._take(request_id), {"text": text, "response_type": "ephemeral", "replace_original": False})

    def _take(self, request_id: str) -> str:
        """Return the URL and count its use, whatever becomes of it: Slack counts so, too."""
        with self._lock:
            self._forget()
            kept = self._kept.get(request_id)
            if kept is None or kept.uses >= MOST_USES:
                raise ChatError("There is no way left to answer the command itself.", retryable=False)
            kept.uses += 1
            return kept.url

    def _forget(self) -> None:
        now = self._ticks()
        over = [name for name, kept in self._kept.items() if now - kept.at > KEPT_FOR.total_seconds()]
        for name in over:
            del self._kept[name]
