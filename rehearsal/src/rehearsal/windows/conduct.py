"""The behaviours that a host has now: how often each has struck, and whether the first look is over."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from rehearsal.windows.behaviour import Behaviour
from rehearsal.windows.behaviours import Drops, Miscompiles, Quota, Restarts, Trips, Trouble
from rehearsal.windows.program_faults import Fails, Mangles, Raises
from rehearsal.windows.remoting_faults import Complains, Garbles

_Kind = TypeVar("_Kind", bound=Behaviour)
_Striking = TypeVar("_Striking", Fails, Raises, Mangles, Miscompiles, Complains, Garbles)


class Conduct:
    def __init__(self, behaviours: Iterable[Behaviour]) -> None:
        self._lock = threading.Lock()
        self._opened_after_look = False
        self._troubles = 0
        self._strikes: Counter[str] = Counter()
        self._refusals: list[float] = []
        self._looked = False
        self.now: dict[str, Behaviour] = {each.name: each for each in behaviours}

    def change(self, behaviours: Iterable[Behaviour]) -> None:
        """From now on these and no other; first looks and troubles count anew."""
        with self._lock:
            self.now = {each.name: each for each in behaviours}
            self._troubles = 0
            self._strikes.clear()
            self._refusals.clear()
            self._opened_after_look = self._looked = False

    def has(self, kind: type[_Kind]) -> _Kind | None:
        found = self.now.get(kind.name)
        return found if isinstance(found, kind) else None

    def striking(self, kind: type[_Striking]) -> _Striking | None:
        """The behaviour, if the host has it and it has not struck as often as it may."""
        found = self.has(kind)
        with self._lock:
            if found is None or 0 < found.times <= self._strikes[kind.name]:
                return None
            self._strikes[kind.name] += 1
        return found

    def trouble_at(self, operation: str) -> Trouble | None:
        """`after_first_look` spares the look's own messages: it begins with the first shell opened after the look."""
        trouble = self.has(Drops) or self.has(Trips) or self.has(Restarts)
        if trouble is None:
            return None
        with self._lock:
            if operation == "Create" and self._looked:
                self._opened_after_look = True
            is_spared = trouble.after_first_look and not self._opened_after_look
            if is_spared or operation.lower() != trouble.at or 0 < trouble.times <= self._troubles:
                return None
            self._troubles += 1
        return trouble

    def is_full(self) -> bool:
        """Whether a quota is met, and the time and the number of its refusals, where it has such, are not over yet."""
        quota = self.has(Quota)
        if quota is None:
            return False
        now = time.monotonic()
        with self._lock:
            since = self._refusals[0] if self._refusals else now
            if 0 < quota.seconds <= now - since or 0 < quota.times <= len(self._refusals):
                return False
            self._refusals.append(now)
        return True

    def look(self) -> bool:
        """Whether this look is the first."""
        with self._lock:
            is_first, self._looked = not self._looked, True
        return is_first
