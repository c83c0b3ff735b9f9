"""Wrong passwords of the farm's account, counted over all hosts: the domain locks the account, not a host.

Refusals are counted as a domain controller counts them: a refusal that is older than the window counts no more, a logon
that is accepted begins the count anew, and an attempt while the account is locked changes nothing.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from rehearsal.durations import Duration


class LockoutSettings(BaseModel):
    """After so many refusals within the window no host takes the account, for the length of the window."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    after: int = Field(default=10, ge=1)
    within: Duration = Field(default=timedelta(minutes=10), gt=timedelta())


class Attempts:
    """One for a whole farm; `clock` tells seconds. Without settings nothing is ever locked, and all is still noted."""

    def __init__(self, settings: LockoutSettings | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._counted: list[float] = []
        self._locked_until: float | None = None
        self._refused: list[str] = []

    @property
    def refused(self) -> list[str]:
        """The hosts that refused the account's logon, in order, whether for its password or because it was locked."""
        with self._lock:
            return list(self._refused)

    def is_locked(self) -> bool:
        with self._lock:
            return self._is_locked()

    def try_password(self, host: str, *, is_right: bool) -> bool:
        """Whether the account may log on."""
        with self._lock:
            if not self._is_locked() and is_right:
                self._counted.clear()
                return True
            self._refused.append(host)
            if not self._is_locked():
                self._count()
            return False

    def forget(self) -> None:
        """As at the start: nothing counted, nothing noted, nothing locked."""
        with self._lock:
            self._counted.clear()
            self._refused.clear()
            self._locked_until = None

    def _is_locked(self) -> bool:
        return self._locked_until is not None and self._clock() < self._locked_until

    def _count(self) -> None:
        if self._settings is None:
            return
        now, window = self._clock(), self._settings.within.total_seconds()
        self._counted = [each for each in self._counted if now - each < window] + [now]
        if len(self._counted) >= self._settings.after:
            self._counted.clear()
            self._locked_until = now + window
