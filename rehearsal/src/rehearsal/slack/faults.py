"""Planned faults: Slack is slow, rate limited or broken."""

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class FaultKind(StrEnum):
    RATE_LIMITED = "rate_limited"
    """429 with Retry-After; the call is not carried out."""
    SERVER_ERROR = "server_error"
    """HTTP 500; the call is not carried out."""
    ERROR = "error"
    """`ok: false` with the named error; the call is not carried out."""
    LATENCY = "latency"
    """The call is carried out after a wait."""
    ANSWER_LOST = "answer_lost"
    """The call is carried out and the connection drops before the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`method` is the method's name, or `*` for every one. `wait` is Retry-After or the latency."""

    method: str
    kind: FaultKind
    times: int = 1
    error: str = "internal_error"
    wait: timedelta = timedelta(seconds=1)


class Faults:
    """The next `times` calls of a method meet its oldest fault; then the next fault's turn comes."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def list_planned(self) -> list[Fault]:
        with self._lock:
            return list(self._planned)

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets, counted as used."""
        with self._lock:
            for index, fault in enumerate(self._planned):
                if fault.method in {method, "*"}:
                    self._planned[index : index + 1] = _use_up(fault)
                    return fault
            return None


def _use_up(fault: Fault) -> list[Fault]:
    return [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
