"""What of a host's answer its requester may know, where they may act on some sessions and not list the host."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from bot.ports.terminal import Answer

_ABOUT_ANOTHER = frozenset(
    {Reason.PERSON, Reason.NO_USER, Reason.NO_LOGON_TIME, Reason.LISTENER, Reason.SESSION_ZERO, Reason.BAD_ID}
)
"""The id belongs to another session by now, and the answer is about that one."""


def in_sight(answer: Answer, *, may_list: bool) -> tuple[Answer, str]:
    """The answer as it may be told, and what is for the audit log alone.

    Who has the id now is nothing that the requester may see. The session of the card is gone, and that is what is told.
    """
    if may_list or answer.reason not in _ABOUT_ANOTHER:
        return answer, ""
    unseen = ": ".join(part for part in (str(answer.reason), answer.note) if part)
    return replace(answer, verdict=Verdict.ALREADY_GONE, code=0, reason=None, note=""), unseen
