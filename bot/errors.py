"""Everything that can go wrong, as one tree.

BotError                what a person is told is `.message`; `.code` is stable and goes to the audit and the metrics
  UsageError            what was typed cannot be understood
  Refused               a rule says no
  Conflict              the request is not, or no longer, in the state this needs
  Duplicate             the same delivery arrived before
  TerminalError         a Windows host; `.host`, `.retryable`, `.delivered`
    Unreachable           no connection
    NotAuthenticated      the host did not accept the bot's account; never tried again by itself
    NoRight               the account may not open a shell, or not see sessions
    TimedOut              no complete answer before the deadline
    BadReply              an answer that is none
    WrongMachine          another machine answers under the name
    CannotCompile         the agent could not be compiled or run there
  LedgerError           the database cannot be read or written
  ChatError             Slack did not take it; `.retryable`, `.retry_after`
    PlaceRefused          the bot may not post there
  SettingsError         app.yaml is wrong: all faults at once
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.request import Request


class BotError(Exception):
    """Base of all expected errors: `message` is one sentence for a person, with the next step."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(BotError):
    """The text cannot be understood: the wrong words at `start:end`, and what was probably meant.

    `nearest`: the one name that is clearly nearest. `candidates`: names that are equally near, five at most.
    `corrected`: the command as it should have been written, without the slash command itself. `example`: any command
    that works.
    """

    code = "usage"

    def __init__(  # noqa: PLR0913 - an error that shows the place needs the text, the place and the cure
        self,
        message: str,
        *,
        text: str = "",
        start: int = 0,
        end: int = 0,
        nearest: str = "",
        candidates: tuple[str, ...] = (),
        corrected: str = "",
        example: str = "",
    ) -> None:
        super().__init__(message)
        self.text, self.start, self.end, self.nearest, self.example = text, start, end, nearest, example
        self.candidates, self.corrected = candidates, corrected


class Refused(BotError):
    """A rule says no."""

    code = "refused"

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class ConflictReason(StrEnum):
    """Why an event does not fit."""

    EXPIRED = "expired"  # its time is over
    STALE = "stale"  # it was decided on an older version of the card
    OVER = "over"  # the request has ended
    DECIDED = "decided"  # somebody else was first
    EMPTY = "empty"  # nobody would be left
    OUT_OF_ORDER = "out_of_order"  # the table knows no such step


class Conflict(BotError):
    """The event does not fit the request as it stands now; `request` is that present one."""

    code = "conflict"

    def __init__(self, message: str, *, request: Request, reason: ConflictReason) -> None:
        super().__init__(message)
        self.request, self.reason = request, reason


class Duplicate(BotError):
    """The chat delivered the same command twice; `request` is what the first delivery became."""

    code = "duplicate"

    def __init__(self, message: str, *, request: Request) -> None:
        super().__init__(message)
        self.request = request


class TerminalError(BotError):
    """A Windows host could not be asked. `delivered`: the order may have reached it all the same."""

    code = "terminal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, host: str, delivered: bool = False) -> None:
        super().__init__(message)
        self.host, self.delivered = host, delivered


class Unreachable(TerminalError):
    code = "unreachable"
    retryable = True


class NotAuthenticated(TerminalError):
    code = "not_authenticated"


class NotAllowed(TerminalError):
    """A rule keeps the person from looking there; the host was not contacted."""

    code = "not_allowed"


class NoRight(TerminalError):
    code = "no_right"


class TimedOut(TerminalError):
    code = "timed_out"
    retryable = True


class BadReply(TerminalError):
    code = "bad_reply"


class WrongMachine(TerminalError):
    code = "wrong_machine"


class CannotCompile(TerminalError):
    code = "cannot_compile"


class LedgerError(BotError):
    code = "ledger"


class ChatError(BotError):
    """Slack did not take it. `retryable`: the same call may work later; `retry_after`: not before, Slack says."""

    code = "chat"

    def __init__(self, message: str, *, retryable: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retryable, self.retry_after = retryable, retry_after


class PlaceRefused(ChatError):
    """The bot may not post in this place; another one has to be found."""

    code = "place"

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class SettingsError(BotError):
    """The configuration is wrong; `message` holds all faults, one a line."""

    code = "settings"
