"""The bot of the harness with a hook before and after every call of a port, and a memory of what really happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.cards.shapes import Shape
from bot.errors import BotError
from bot.workflow.posting import CARD
from tests.fakes.terminal import FakeTerminal
from tests.support.harness import HOSTS, BotHarness, Crash, sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from adapters.slack.chat import SlackChat
    from bot.domain.request import Request
    from bot.ports.store import Store

SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=50)
"""Long after every date of a request."""

Moment = tuple[str, str]
"""The call, and `before` or `after`."""


class Hooked:
    """A port whose calls say when they begin and end. `only` names the calls; None: all of them."""

    def __init__(self, inner: Any, hook: Callable[[str, str], None], only: frozenset[str] | None = None) -> None:
        self._inner, self._hook, self._only = inner, hook, only

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name.startswith("_") or not callable(value) or (self._only is not None and name not in self._only):
            return value

        def call(*args: Any, **how: Any) -> Any:
            self._hook(name, "before")
            try:
                result = value(*args, **how)
            except BotError:
                self._hook(name, "failed")
                raise
            if isinstance(result, Iterator):
                return self._yielded(name, result)
            self._hook(name, "after")
            return result

        return call

    def _yielded(self, name: str, result: Iterator[Any]) -> Iterator[Any]:
        for each in result:
            self._hook(name, "during")
            yield each
        self._hook(name, "after")


_ID = re.compile(r"TS-[0-9A-Z]{6}")
LEDGER = frozenset(
    (
        *("open", "record", "note", "find", "prove", "due", "postpone"),
        *("mark_published", "mark_posting", "mark_listed", "paused"),
    )
)
TERMINAL = frozenset(["sessions", "log_off", "disconnect", "message"])
CHAT = frozenset(["post", "post_directly", "answer", "redraw", "tell", "reply", "post_in_thread"])


class World:
    """One bot, its hosts and its chat. `at_moment` is called before and after each call of a port.

    `store` is the ledger without its hook. `calls` counts the calls for acts at each host, `orders` are the acts that
    arrived there, and when; `posted` has the request of each card, and `lost_posts` how often its process died before
    it could note where the card stands.
    """

    def __init__(
        self, store: Callable[[BotHarness], Store] | None = None, chat: SlackChat | None = None, **how: Any
    ) -> None:
        people = how.pop("people", None) or {host: sessions() for host in HOSTS}
        self.harness = BotHarness(terminal=FakeTerminal(people), records_failures=True, hosts=tuple(people), **how)
        if chat:
            self.harness.chat = chat  # type: ignore[assignment] # the real one
        self.store: Store = store(self.harness) if store else self.harness.ledger
        self.terminal, self.chat = self.harness.terminal, self.harness.chat
        self.at_moment: Callable[[str, str], None] = lambda _name, _when: None
        self.calls: Counter[str] = Counter()
        self.orders: list[tuple[datetime, str, int]] = []
        self.posted: list[str] = []
        self.lost_posts: Counter[str] = Counter()
        self.beside: list[BotHarness] = []
        """Other bots on the same database, which have lost it and do not know it, or do."""
        self._open_post = ""
        self._watch()
        self.restart()

    def _watch(self) -> None:
        take, post = self.terminal._take, self.chat.post

        def counted(act: Callable[..., Any]) -> Callable[..., Any]:
            def call(host: str, *orders: Any, **how: Any) -> Any:
                self.calls[host] += 1
                return act(host, *orders, **how)

            return call

        def taken(host: str, order: Any, done: list[tuple[str, int]], wait: timedelta | None) -> Any:
            self.orders.append((self.harness.clock.now(), host, order.session_id))
            return take(host, order, done, wait)

        def posted(place: Any, card: Any, shape: Any = Shape.WHOLE) -> Any:
            message_ref = post(place, card, shape)
            found = _ID.search(f"{card.headline} {card.summary} {[line.parts for line in card.lines]}")
            request = self.store.find(found[0]) if found else None
            if request and request.posting(CARD).claimed:  # and not an announcement
                self.posted.append(request.id)
                self._open_post = request.id
            return message_ref

        self.terminal.log_off = counted(self.terminal.log_off)  # type: ignore[method-assign] # the eye of the judge
        self.terminal.disconnect = counted(self.terminal.disconnect)  # type: ignore[method-assign] # the same
        self.terminal._take = taken  # type: ignore[method-assign] # the same
        self.chat.post = posted  # type: ignore[method-assign] # the same
        harness: Any = self.harness
        harness.ledger = Hooked(self.store, self.moment, LEDGER)
        harness.terminal = Hooked(self.terminal, self.moment, TERMINAL)
        harness.chat = Hooked(self.chat, self.moment, CHAT)

    def moment(self, name: str, when: str) -> None:
        if (name, when) == ("mark_posting", "failed") and self._open_post:
            # Once in a try: what cannot be noted must not be posted again and again.
            self.lost_posts[self._open_post] = max(1, self.lost_posts[self._open_post])
        if name == "mark_posting" and when != "before":
            self._open_post = ""
        self.at_moment(name, when)

    def restart(self) -> None:
        """Start the bot anew, as after its death. A card whose place it could not note may stand twice (0002)."""
        if self._open_post:
            self.lost_posts[self._open_post] += 1
            self._open_post = ""
        self._survive(self.harness.restart)

    def run(self, doing: Callable[[], object]) -> bool:
        """Let people or time do something; a bot that dies of it is started again. Return whether it lived."""
        try:
            doing()
        except Crash:
            self.restart()
            return False
        except BotError:
            return False
        return True

    def _survive(self, doing: Callable[[], object]) -> None:
        for _ in range(50):
            try:
                doing()
            except Crash:
                continue
            except BotError:  # the database cannot be read: the next sweep tries again
                return
            return

    def end(self) -> None:
        """Let everything come to its end: nothing goes wrong any more."""
        self.at_moment = lambda _name, _when: None
        self.restart()
        end = self.harness.clock.now() + LONG
        while self.harness.clock.now() < end:
            self.let_pass(10 * SECOND)

    def let_pass(self, length: timedelta) -> None:
        self.harness.clock.move(length)
        for bot in (self.harness, *self.beside):
            self.run(bot.run)

    def newest(self) -> Request | None:
        """Return the newest request; None when there is none, or the database cannot be read."""
        try:
            return next(iter(self.store.newest(1)), None)
        except BotError:
            return None
