"""What both halves of the decision table share: people by name, two sessions, and what policy requires for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.actions import Action
from bot.domain.session import Account, SessionState
from bot.policy.evaluate import requirement_for
from tests.support import builders as b
from tests.support import people as c

if TYPE_CHECKING:
    from bot.domain.people import Person
    from bot.domain.requirement import Requirement
    from bot.domain.session import Session
    from bot.policy.model import Decision, Policy

PEOPLE = {one.name: one for one in (c.DANA, c.BO, c.CHEN, c.OLI, c.DEE, c.GUS, c.ROBO, c.UMA, c.FAY)}
"""Dana is on call, Bo leads, Chen does both, Oli neither. Dee has left, Gus is a guest, Robo a bot, Uma nobody could be
asked about, Fay works elsewhere; all five are leads by their group.
"""

ALICE = b.session(3)
BOB = b.session(5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE, input=b.LOGON, disconnect=0)


def person(name: str) -> Person:
    return c.directory().person(PEOPLE[name])


def needed(policy: Policy, *sessions: Session, force: bool = False, reason: str = "") -> Requirement | Decision:
    """What policy requires when Dana asks in #ops to log these sessions off."""
    return requirement_for(policy, person("dana"), c.OPS, Action.LOG_OFF, sessions, force=force, reason=reason)
