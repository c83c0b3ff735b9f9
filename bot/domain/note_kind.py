"""The attempts that change nothing and are recorded all the same. Their names are words of the audit log."""

from __future__ import annotations

from enum import StrEnum


class NoteKind(StrEnum):
    """The kind of an attempt that changed nothing and is recorded all the same."""

    USAGE_ERROR = "usage_error"  # the command could not be understood
    OUTSIDER_PRESS = "outsider_press"  # the presser may not decide this request, or the button is another person's
    OWN_PRESS = "own_press"  # the requester pressed, and their own press does not count here
    LATE_PRESS = "late_press"  # the request had ended or expired before the press
    STALE_PRESS = "stale_press"  # the button belongs to an older version of the card
    LOST_RACE = "lost_race"  # another person decided first
    REPEATED_PRESS = "repeated_press"  # the presser had said yes already, or took nothing out
    UNKNOWN_PRESS = "unknown_press"  # the press names no request that the bot knows
    REFUSED = "refused"  # a rule, or the pause, stopped the press; or the command of a person whom no rule names
    HELD_BACK = "held_back"  # one person sent more than the limit of a minute; the entry has the count
    PROGRAMS_SHOWN = "programs_shown"  # a person looked at what runs in a session; the entry has the count
    LATE_VERDICT = "late_verdict"  # a host's answer arrived after the request had ended
