"""Who has opened their home, and when it is drawn: after all else, and never twice within three seconds."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards.home_content import build
from bot.errors import BotError, ChatError
from bot.workflow.courier import AGAIN_AFTER, TOKEN_PAUSE, TRIES, pause_after
from bot.workflow.publishing import PROGRESS_EVERY

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.domain.people import Actor
    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.home_tab import HomeTab
    from bot.workflow.home_reader import HomeReader

MOST_READERS = 2000
"""So many people are remembered, those who opened their home last."""

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class _Tab:
    reader: Actor
    due_at: datetime | None = None  # when it is drawn next; None: nothing has changed
    not_before: datetime | None = None  # the pace: no earlier than this
    failures: int = 0  # tries since the last drawing
    is_drawn_now: bool = False  # a thread is at it


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Draws the homes of those who opened theirs since the bot started. `look` may run in several threads.

    What Slack refuses concerns that one home: no request, no card and no other home waits for it.
    """

    contents: HomeReader
    tab: HomeTab
    clock: Clock
    _tabs: dict[str, _Tab] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def opened(self, reader: Actor) -> None:
        """Draw this home soon. It waits for nothing."""
        with self._lock:
            tab = self._tabs.pop(reader.user_id, None) or _Tab(reader=reader)
            self._tabs[reader.user_id] = tab
            tab.failures = 0
            self._expect(tab)
            while len(self._tabs) > MOST_READERS:
                del self._tabs[next(iter(self._tabs))]

    def changed(self, request: Request) -> None:
        """Draw the homes of the requester and of those who decided, if they opened theirs. It waits for nothing."""
        people = {request.actor.user_id, *(actor.user_id for actor in request.counted)}
        if request.decided_by:
            people.add(request.decided_by.user_id)
        self.changed_for(people)

    def changed_for(self, people: Collection[str]) -> None:
        """Draw the homes of these people, by their user ids, if they opened theirs. It waits for nothing."""
        with self._lock:
            for tab in filter(None, map(self._tabs.get, people)):
                self._expect(tab)

    def look(self) -> None:
        """Draw the homes that are due. It is called again and again."""
        while tab := self._take():
            try:
                self._draw(tab)
            finally:
                tab.is_drawn_now = False

    def _expect(self, tab: _Tab) -> None:
        now = self.clock.now()
        tab.due_at = max(now, tab.not_before or now)

    def _take(self) -> _Tab | None:
        """Return a home that is due and that no thread draws. Nobody waits longer because the clock was set back."""
        now = self.clock.now()
        with self._lock:
            for tab in self._tabs.values():
                tab.due_at = tab.due_at and min(tab.due_at, now + TOKEN_PAUSE)
            waiting = (tab for tab in self._tabs.values() if tab.due_at and tab.due_at <= now and not tab.is_drawn_now)
            found = next(waiting, None)
            if found:
                found.due_at, found.not_before, found.is_drawn_now = None, now + PROGRESS_EVERY, True
            return found

    def _draw(self, tab: _Tab) -> None:
        try:
            self.tab.publish(tab.reader, build(self.contents.read(tab.reader)))
        except BotError as error:
            log.warning("home.not_drawn", user_id=tab.reader.user_id, message=error.message)
            self._failed(tab, error)
        else:
            tab.failures = 0

    def _failed(self, tab: _Tab, error: BotError) -> None:
        """Try again later where that may help, a few times; else forget the home until it is opened again."""
        tab.failures += 1
        may_help = not isinstance(error, ChatError) or error.retryable
        pause = pause_after(error) if isinstance(error, ChatError) else AGAIN_AFTER
        with self._lock:
            if may_help and tab.failures < TRIES:
                tab.due_at = tab.not_before = self.clock.now() + pause
            elif tab.due_at is None and self._tabs.get(tab.reader.user_id) is tab:
                del self._tabs[tab.reader.user_id]


DRAWN_EVERY = timedelta(seconds=0.5)
"""How often the homes are looked after."""
