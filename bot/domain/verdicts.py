"""How the act on one target ended, and why."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What was seen of a target in the end."""

    GONE = "gone"  # the host had its order, and the session was seen gone
    DISCONNECTED = "disconnected"  # seen Disconnected after the order, or before it (reason `already`)
    SENT = "sent"  # Windows took the message
    ALREADY_GONE = "already_gone"  # the session was gone before the order; nothing was done
    CHANGED = "changed"  # the session no longer matches the card; it was not touched
    STILL_CLOSING = "still_closing"  # the host had its order, and the session was still there at the time-out
    NO_RIGHT = "no_right"  # the host or Windows refused the bot's account
    FAILED = "failed"  # Windows answered another error, or the host could not run the agent
    SKIPPED = "skipped"  # the target was left alone on purpose; the reason says why
    UNREACHABLE = "unreachable"  # the host could not be reached; nothing was done
    UNKNOWN = "unknown"  # the order may have arrived, and no answer came; a later look may correct it


class Reason(StrEnum):
    """Why a target has its verdict. A free note beside it holds a name, a right, or a sentence."""

    PERSON = "person"  # another person, or a new logon, has the session id now; note: the account
    CAME_BACK = "came_back"  # the person came back to the session since the card was drawn
    LEFT = "left"  # the session was Active and idle on the card and is Disconnected now
    UNREAD = "unread"  # the card said a time, and the host cannot read it now
    NO_LONGER_MATCHES = "no_longer_matches"  # a filter of the command, or a condition of a rule, no longer holds
    ALREADY = "already"  # the session was Disconnected before the order
    SESSION_ZERO = "session_zero"  # the session is the services' session
    BAD_ID = "bad_id"  # Windows has no such session id
    LISTENER = "listener"  # the session is a listener; ending it would end all its sessions
    NO_USER = "no_user"  # the session has no user
    NO_LOGON_TIME = "no_logon_time"  # the session has no logon time, so its person cannot be told apart
    CONSOLE = "console"  # the session is at the console now, which is protected
    STOPPED = "stopped"  # a person stopped the act before the host had its order
    WAITED = "waited_too_long"  # the host had no turn within its time, so it was not begun
    EXPIRED = "expired"  # the request's or the host's time was over before the order, or while the host worked on it
    REQUEST_FAILED = "request_failed"  # the request failed before the host had its order, or while it worked on it
    NOT_ALLOWED = "not_allowed"  # the rules or the people have changed; note: the sentence
    NOT_WARNED = "not_warned"  # the warning failed, or its delivery is unproven; note: why
    HOST_ERROR = "host_error"  # the host did not answer the order as a whole; note: the sentence
    MISSING_RIGHT = "missing_right"  # the bot's account lacks a right on RDP-Tcp; note: the right
    WINDOWS_CALL = "windows_call"  # Windows refused a call; note: the function
    SEEN_LATER = "seen_later"  # a later look corrected the verdict
