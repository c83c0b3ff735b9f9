"""One envelope, one listener: the first that fits has it, whatever becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_bolt import BoltContext

_TAKEN = "is_taken"


def is_first(context: BoltContext) -> bool:
    """Return whether no other listener has the envelope yet; a matcher of Bolt, which asks it last.

    Bolt gives to the next listener that fits what the one before it did not ack in time.
    """
    if context.get(_TAKEN):
        return False
    context[_TAKEN] = True
    return True


FIRST = [is_first]
