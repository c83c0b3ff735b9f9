"""A process that no longer looks whether it owns its database ends: it would begin nothing for good."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest

from adapters.sql.owner import NOBODY_LOOKS, Holder, Look, Owner
from bot.errors import LedgerError


class BadLock:
    """A lock that is taken, and whose looks raise these one after the other."""

    good_for = timedelta(minutes=1)
    token = advice = ""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.is_well = Event()

    def take(self, _me: Holder, _token: str) -> Holder | None:
        return None

    def look(self) -> Look:
        if self._errors:
            raise self._errors.pop(0)
        self.is_well.set()
        return Look(is_held=True)

    def leave(self) -> None:
        pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), OSError(24, "Too many open files")])
def test_a_surprise_in_the_looks_ends_the_process(error: Exception) -> None:
    told = Event()
    owner = Owner(BadLock(error), look_every=timedelta(milliseconds=1))
    owner.take()
    owner.when_displaced(told.set)
    owner.start()
    assert told.wait(30)
    assert owner.displaced_by is not None
    assert owner.displaced_by.message == NOBODY_LOOKS
    late = Event()
    owner.when_displaced(late.set)  # who asks only now is told at once
    assert late.is_set()
    owner.stop()


def test_a_database_that_cannot_be_asked_ends_nothing() -> None:
    told = Event()
    lock = BadLock(*[LedgerError("I cannot reach my database.") for _ in range(3)])
    owner = Owner(lock, look_every=timedelta(milliseconds=1))
    owner.take()
    owner.when_displaced(told.set)
    owner.start()
    assert lock.is_well.wait(30)
    owner.stop()
    assert not told.is_set()
    assert owner.displaced_by is None
