"""How it ended with one session, and why."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What was seen of a target in the end."""

    GONE = "gone"  # looked for after the order and not found
    DISCONNECTED = "disconnected"  # seen Disconnected after the order, or before it (reason `already`)
    SENT = "sent"  # Windows took the message
    ALREADY_GONE = "already_gone"  # not there when the host was about to act
    CHANGED = "changed"  # not the person or the situation of the card: not touched
    STILL_CLOSING = "still_closing"  # ordered to go and still there when the time was up
    NO_RIGHT = "no_right"  # Windows refused for a missing permission
    FAILED = "failed"  # Windows refused for another cause, or the host could not carry it out
    SKIPPED = "skipped"  # never tried, on purpose
    UNREACHABLE = "unreachable"  # the host could not be reached before anything was done
    UNKNOWN = "unknown"  # the order may or may not have arrived


class Reason(StrEnum):
    """Why a target has its verdict. A free note beside it holds a name, a right, or a sentence."""

    PERSON = "person"  # another person, or a new logon, holds the session id; note: the account
    CAME_BACK = "came_back"  # Active now, and was not on the card
    LEFT = "left"  # Active and idle on the card, Disconnected now: what was done before, nobody can know
    UNREAD = "unread"  # the card said a time, and the host cannot read it now
    NO_LONGER_MATCHES = "no_longer_matches"  # a filter of the command, or a condition of a rule, holds no more
    ALREADY = "already"  # Disconnected before the order came
    SESSION_ZERO = "session_zero"  # the services' session
    BAD_ID = "bad_id"  # no session id of Windows
    LISTENER = "listener"  # ending it would end all its sessions
    NO_USER = "no_user"  # nobody is logged on
    NO_LOGON_TIME = "no_logon_time"  # the person cannot be told apart
    CONSOLE = "console"  # at the console now, which is protected
    STOPPED = "stopped"  # somebody stopped the act before its turn
    EXPIRED = "expired"  # the time was over before its turn, or while it ran
    REQUEST_FAILED = "request_failed"  # the bot failed before its turn, or while it ran
    NOT_ALLOWED = "not_allowed"  # the rules or the people have changed; note: the sentence
    NOT_WARNED = "not_warned"  # the warning failed, or its delivery is unproven; note: why
    HOST_ERROR = "host_error"  # the host gave no answer to the whole order; note: the sentence
    MISSING_RIGHT = "missing_right"  # note: the permission on RDP-Tcp
    WINDOWS_CALL = "windows_call"  # a call of Windows was refused; note: the function
    SEEN_LATER = "seen_later"  # a later look corrected the verdict
