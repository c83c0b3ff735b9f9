"""The `Logons` port in the memory of one process, which stands for the database of several."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from bot.domain.logons import LONGEST_TURN, NEW, Standing, Turn
from bot.errors import LedgerError
from bot.ports.logons import Change

if TYPE_CHECKING:
    from datetime import datetime

    from bot.ports.clock import Clock


class FakeLogons:
    """`calls` are the names of what was read and written, in order."""

    def __init__(self, clock: Clock, *, window: timedelta = timedelta(minutes=10)) -> None:
        self._clock, self._window = clock, window
        self._lock = Lock()
        self._rows: defaultdict[str, Standing] = defaultdict(lambda: NEW)
        self.calls: list[str] = []
        self.is_away = False

    def standing(self, credential: str) -> Standing:
        with self._lock:
            self._note("standing")
            return self._rows[credential]

    def take_turn(self, credential: str, host: str, token: str, *, since: datetime, within: timedelta) -> Change:
        with self._lock:
            self._note("take_turn")
            before, now = self._rows[credential], self._clock.now()
            turn = Turn(host=host, token=token, until=now + min(within, LONGEST_TURN))
            after = before.taken(turn, now, since=since, window=self._window)
            return self._keep(credential, before, after)

    def give_back(self, credential: str, token: str) -> Change:
        with self._lock:
            self._note("give_back")
            before = self._rows[credential]
            return self._keep(credential, before, before.given_back(token))

    def accept(self, credential: str, host: str, token: str, *, times_refused: int) -> Change:
        with self._lock:
            self._note("accept")
            before = self._rows[credential]
            after = before.accepted(host, token, self._clock.now(), times_refused=times_refused)
            return self._keep(credential, before, after)

    def refuse(self, credential: str, host: str, token: str) -> Change:
        with self._lock:
            self._note("refuse")
            before = self._rows[credential]
            after = before.refused(host, token, self._clock.now(), window=self._window)
            return self._keep(credential, before, after)

    def _keep(self, credential: str, before: Standing, after: Standing) -> Change:
        self._rows[credential] = after
        return Change(before, after)

    def _note(self, call: str) -> None:
        if self.is_away:
            raise LedgerError("I cannot reach my database, so I do nothing. Try again in a minute.")
        self.calls.append(call)
