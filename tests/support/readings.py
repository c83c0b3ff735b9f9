"""What Windows says of a session after an order, and whether that proves the session gone: as data.

Every reader of this rule is held to the same rows: the agent in C#, its Python double, and the core.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.session import KNOWN_STATES, WITHOUT_USER, SessionState

LOGON = 134_087_000_000_000_000
"""The logon time of the session that the order was for, in FILETIME ticks; its account is CORP\\alice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    name: str
    is_gone: bool
    state: SessionState = SessionState.DISCONNECTED
    domain: str = "CORP"
    user: str = "alice"
    logon: int = LOGON
    error: int = 0


READINGS = (
    Reading(name="there as before", is_gone=False),
    Reading(name="in other letters", user="ALICE", domain="corp", is_gone=False),
    Reading(name="back at work", state=SessionState.ACTIVE, is_gone=False),
    Reading(name="another person", user="mallory", is_gone=True),
    Reading(name="another domain", domain="OTHER", is_gone=True),
    Reading(name="logged on again", logon=LOGON + 1, is_gone=True),
    Reading(name="no logon time", logon=0, is_gone=False),
    Reading(name="a logon time before all Windows", logon=1, is_gone=False),
    Reading(name="a logon time after the end of all calendars", logon=2**63 - 1, is_gone=False),
    Reading(name="a logon time below zero", logon=-(2**63), is_gone=False),
    Reading(name="another person without a logon time", user="mallory", logon=0, is_gone=False),
    Reading(name="no domain", domain="", is_gone=False),
    Reading(name="another person without a domain", user="mallory", domain="", is_gone=False),
    Reading(name="unreadable", error=5, is_gone=False),
    Reading(name="unreadable, and all empty", error=5, domain="", user="", logon=0, is_gone=False),
    Reading(name="unreadable, as if it were another's", error=13, user="mallory", logon=LOGON + 1, is_gone=False),
    Reading(name="unreadable in a state without a user", error=5, user="", state=SessionState.IDLE, is_gone=False),
    *(
        Reading(name=f"nobody, {state.label}", user="", domain="", logon=0, state=state, is_gone=state in WITHOUT_USER)
        for state in KNOWN_STATES
    ),
)
