"""All expected errors, as one tree.

BotError                `.message` is the sentence for people; `.code` is stable and goes to the audit log
  UsageError            the command cannot be understood
  Conflict              the event does not fit the request as it is now
  Duplicate             the same delivery arrived before
  TerminalError         a Windows host could not be asked; `.host`, `.retryable`, `.delivered`, `.words`, `.phase`
    Unreachable           no connection
    NotAuthenticated      the host did not accept the bot's account; no automatic retry
    NotAllowed            no rule lets the requester look at the host, which was not contacted
    NoRight               the bot's account may not open a shell, or not see sessions
    TimedOut              no complete answer within the time-out
    BadReply              the answer is not one of the agent's protocol
    WrongMachine          another machine answers under the host's name
    CannotCompile         the agent could not be compiled or run on the host
    Unforeseen            a bug of the bot struck at the host; the log has it under the reference in the sentence
  LedgerError           the database cannot be read or written
    Standstill            nothing may begin now; what is under way may end
      NotOwner              this process does not own the database now, or no more
      ClockSetBack          the clock is behind the newest entry of the audit log
    UnreadableRequest     the rows of one request cannot be read; the others can
    KeyChanged            another audit key signs the log by now; this process writes no more
    TooWide               a pattern means more names of the audit log than one query takes
    RecordChanged         the audit log is not as this process has seen it; the process writes no more
  ChatError             Slack did not take a call; `.retryable`, `.retry_after`, `.may_stand`
    PlaceRefused          the bot may not post in the place
    MessageGone           the message does not stand there any more
    TokenRefused          Slack takes no call with the bot's token; the same call works once it is valid again
  SettingsError         app.yaml is wrong: all faults at once
  OwnedByAnother        another bot runs on this database, and does not go
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.request import Request


class BotError(Exception):
    """The base of all expected errors. `message` says in a sentence what went wrong, and what a person can do."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A command that may be meant. It is never run by itself; a person presses a button that asks it."""

    command: str  # the name of the command, without its slash; empty: the command that was typed
    text: str  # what stands behind it


class UsageError(BotError):
    """The command cannot be understood. Attributes that say nothing are empty.

    `text` is the cleaned command, the wrong words are `text[start:end]`. `nearest` is the one name clearly meant,
    `candidates` are up to five equally near ones. `corrected` is the command as it should be written, without the slash
    command itself. `choices` are further commands that may be meant; `is_certain`: one of them is.
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
        choices: tuple[Suggestion, ...] = (),
        is_certain: bool = False,
    ) -> None:
        super().__init__(message)
        self.text, self.start, self.end, self.nearest = text, start, end, nearest
        self.candidates, self.corrected, self.choices, self.is_certain = candidates, corrected, choices, is_certain
        self.lacks_computer = False  # nothing is wrong but that no computer is named
        self.incomplete = ""  # the corrected command, when it lacks its computer only
        self.command = ""  # the command whose words these are, where it is another than the one that was typed


class ConflictReason(StrEnum):
    """Why an event does not fit the request."""

    EXPIRED = "expired"  # the state has expired
    STALE = "stale"  # the event was decided on an older version of the request
    OVER = "over"  # the request has ended
    DECIDED = "decided"  # another person decided first
    EMPTY = "empty"  # no target would be left
    OUT_OF_ORDER = "out_of_order"  # the state does not admit the event
    NOT_PROVEN = "not_proven"  # the stored request is not what its signed entries say, so it has failed


class Conflict(BotError):
    """The event does not fit; `request` is the request as it is now, `reason` says why."""

    code = "conflict"

    def __init__(self, message: str, *, request: Request, reason: ConflictReason) -> None:
        super().__init__(message)
        self.request, self.reason = request, reason


class Duplicate(BotError):
    """The chat delivered the same command twice; `request` is the request of the first delivery."""

    code = "duplicate"

    def __init__(self, message: str, *, request: Request) -> None:
        super().__init__(message)
        self.request = request


class TerminalError(BotError):
    """A Windows host could not be asked. `retryable`: the same call may work later. `delivered`: it may have the order.

    `words` are what the host itself said, in one bounded line, and `phase` the step of it; both may be empty.
    """

    code = "terminal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, host: str, delivered: bool = False, words: str = "", phase: str = "") -> None:
        super().__init__(message)
        self.host, self.delivered, self.words, self.phase = host, delivered, words, phase


class Unreachable(TerminalError):
    """The host could not be connected to."""

    code = "unreachable"
    retryable = True


class NotAuthenticated(TerminalError):
    """The host did not accept the bot's account. There is no automatic retry, which could lock the account."""

    code = "not_authenticated"


class NotAllowed(TerminalError):
    """No rule lets the requester look at the host, so it was not contacted."""

    code = "not_allowed"


class NoRight(TerminalError):
    """The bot's account may not open a shell on the host, or may not see its sessions."""

    code = "no_right"


class TimedOut(TerminalError):
    """The host gave no complete answer within the time-out."""

    code = "timed_out"
    retryable = True


class BadReply(TerminalError):
    """The host's answer is not one of the agent's protocol."""

    code = "bad_reply"


class WrongMachine(TerminalError):
    """Another machine answers under the host's name than the inventory, or the card, means."""

    code = "wrong_machine"


class CannotCompile(TerminalError):
    """The agent could not be compiled or run on the host."""

    code = "cannot_compile"


class Unforeseen(TerminalError):
    """A bug of the bot struck at this host. The log has the exception under the reference in `message`."""

    code = "unforeseen"


class LedgerError(BotError):
    """The database cannot be read or written."""

    code = "ledger"


class Standstill(LedgerError):
    """Nothing may begin now. What ends or stops something is held back by nothing but the lack of a database."""

    code = "standstill"


class NotOwner(Standstill):
    """This process does not own the database now. It writes nothing, because another one may have taken over."""

    code = "not_owner"


class ClockSetBack(Standstill):
    """The clock is behind the newest entry, so nobody knows how long anything has waited."""

    code = "clock_set_back"


class UnreadableRequest(LedgerError):
    """The rows or entries of the request `request_id` are damaged, or of another release. A retry reads the same."""

    code = "unreadable"

    def __init__(self, message: str, *, request_id: str) -> None:
        super().__init__(message)
        self.request_id = request_id


class KeyChanged(LedgerError):
    """Another audit key signs the log by now. This process writes no more. `signing` and `own` are ids of keys."""

    code, signing, own = "key_changed", "", ""


class TooWide(LedgerError):
    """A pattern means more names of the audit log than one query takes. A narrower one helps, and no retry does."""

    code = "too_wide"


class RecordChanged(LedgerError):
    """The audit log is not as this process has seen it. The process writes no more."""

    code = "record_changed"


class ChatError(BotError):
    """Slack did not take a call. `retryable`: the same call may work later. `may_stand`: what was posted may stand.

    `retry_after`: how long Slack wants the bot to wait; None: no wish.
    """

    code = "chat"

    def __init__(
        self, message: str, *, retryable: bool, retry_after: timedelta | None = None, may_stand: bool = False
    ) -> None:
        super().__init__(message)
        self.retryable, self.retry_after, self.may_stand = retryable, retry_after, may_stand


class ChatRefusal(ChatError):
    """Slack refuses, and a retry does not help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class PlaceRefused(ChatRefusal):
    """The bot may not post in this place."""

    code = "place"


class MessageGone(ChatRefusal):
    """The message does not stand where it stood: somebody deleted it."""

    code = "gone"


class TokenRefused(ChatError):
    """Slack takes no call with the bot's token. What is not drawn waits until the token is valid again."""

    code = "token"

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


class SettingsError(BotError):
    """The configuration is wrong. `message` has all faults, one on each line."""

    code = "settings"


class OwnedByAnother(BotError):
    """Another bot runs on this database, and does not go. `message` says which."""

    code = "owned"
