"""The verdict on one target, out of the agent's words and the codes of Windows.

Codes: winerror.h, and [MS-ERREF] 2.2. Rights: learn.microsoft.com/windows/win32/termserv/terminal-services-permissions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.verdicts import Reason, Verdict
from bot.ports.terminal import Answer

if TYPE_CHECKING:
    from adapters.windows.agent.replies import Ended
    from bot.ports.terminal import Order


@dataclass(frozen=True, slots=True)
class Row:
    """The meaning of a Win32 code that answers an act."""

    verdict: Verdict  # the verdict on the target
    name: str  # the code's name in winerror.h
    source: str  # where the meaning is documented


CODES = {
    2: Row(Verdict.ALREADY_GONE, "ERROR_FILE_NOT_FOUND", "cassia issue 68: the session does not exist"),
    5: Row(Verdict.NO_RIGHT, "ERROR_ACCESS_DENIED", "KB 243554, Remote Desktop Services permissions"),
    7007: Row(Verdict.STILL_CLOSING, "ERROR_CTX_CLOSE_PENDING", "cassia issues 24 and 36: a logoff is under way"),
    7022: Row(Verdict.ALREADY_GONE, "ERROR_CTX_WINSTATION_NOT_FOUND", "winerror.h"),
    7024: Row(Verdict.STILL_CLOSING, "ERROR_CTX_WINSTATION_BUSY", "winerror.h; stuck until its winlogon is ended"),
    7045: Row(Verdict.NO_RIGHT, "ERROR_CTX_WINSTATION_ACCESS_DENIED", "as 5"),
}
"""All other codes are `failed`. The agent itself answers `absent` for 2 and 7022, and it waits after 7007."""

_LONGEST_WAIT = 86_400_000
"""A day, in milliseconds: no host waits so long, whatever it says."""

_FAILED = Row(Verdict.FAILED, "", "no code that says more")

RIGHTS = {
    "WTSLogoffSession": "Logoff and Reset",
    "WTSDisconnectSession": "Disconnect",
    "WTSSendMessageW": "Message",
    "WTSQuerySessionInformationW": "Query Information",
}
"""The right on RDP-Tcp that the bot's account needs for a function of Windows."""

_WORDS = {
    "gone": Verdict.GONE,
    "disconnected": Verdict.DISCONNECTED,
    "sent": Verdict.SENT,
    "requested": None,
    "absent": Verdict.ALREADY_GONE,
    "changed": Verdict.CHANGED,
    "protected": Verdict.SKIPPED,
    "still_closing": Verdict.STILL_CLOSING,
}


_REASONS = {
    "person": Reason.PERSON,
    "came_back": Reason.CAME_BACK,
    "left": Reason.LEFT,
    "unread": Reason.UNREAD,
    "filter": Reason.NO_LONGER_MATCHES,
    "already": Reason.ALREADY,
    "session 0": Reason.SESSION_ZERO,
    "bad id": Reason.BAD_ID,
    "listener": Reason.LISTENER,
    "no user": Reason.NO_USER,
    "no logon time": Reason.NO_LOGON_TIME,
    "console": Reason.CONSOLE,
}
"""The agent's `why`, as docs/agent-protocol.md lists it."""


def answer_of(order: Order, ended: Ended) -> Answer:
    """Return the agent's result as an answer of the port.

    The note of `PERSON` is the account that has the session now, that of `CAME_BACK` the time by the host's clock, that
    of `MISSING_RIGHT` the right, and that of `WINDOWS_CALL` the function. A `why` that this release does not know
    becomes a note without a reason.
    """
    verdict, reason, note = _WORDS.get(ended.verdict), _REASONS.get(ended.why), ""
    if ended.verdict == "refused":
        verdict = CODES.get(ended.code, _FAILED).verdict
        is_right = verdict is Verdict.NO_RIGHT
        reason = Reason.MISSING_RIGHT if is_right else Reason.WINDOWS_CALL
        note = RIGHTS.get(ended.why, ended.why) if is_right else ended.why
    elif reason is Reason.PERSON and ended.seen:
        note = str(ended.seen.account)
    elif reason is Reason.CAME_BACK and ended.seen:
        note = order.came_back_at(ended.seen.connect, ended.seen.input)
    elif reason is None:
        note = ended.why
    return Answer(
        session_id=order.session_id,
        verdict=verdict,
        code=ended.code,
        reason=reason,
        note=note,
        waited=timedelta(milliseconds=min(max(ended.waited_ms, 0), _LONGEST_WAIT)),
    )
