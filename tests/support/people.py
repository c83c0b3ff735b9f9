"""A bot among people with roles. Dana is on call, Bo leads, Chen does both, Oli neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.actions import Action
from bot.domain.people import Actor, MemberStatus, Place
from bot.domain.requirement import Need
from bot.domain.session import Account, SessionState
from bot.policy.model import Policy, Rule
from tests.fakes.directory import FakeDirectory
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from bot.domain.session import Session

OPS, LOUNGE, APPROVALS = (
    Place(channel_id="C0OPS", name="ops"),
    Place(channel_id="C0LOUNGE", name="lounge"),
    Place(channel_id="C0APPROVE", name="approvals"),
)
HOSTS = ("comp1", "comp2", "vault", "crowd")


def person(name: str) -> Actor:
    return Actor(user_id=f"U0{name.upper()}", name=name)


DANA, BO, CHEN, OLI = person("dana"), person("bo"), person("chen"), person("oli")
DEE, GUS, ROBO, UMA, FAY = person("dee"), person("gus"), person("robo"), person("uma"), person("fay")
EVE = person("eve")
"""A member in no group, until a test puts her into one."""
ONCALL, LEADS = frozenset({"@oncall"}), frozenset({"@leads"})
GROUPS = {
    DANA.user_id: ONCALL,
    CHEN.user_id: ONCALL | LEADS,
    OLI.user_id: frozenset[str](),
    **{one.user_id: LEADS for one in (BO, DEE, GUS, ROBO, UMA, FAY)},
}
STATUSES = {
    **{one.user_id: MemberStatus.MEMBER for one in (DANA, BO, CHEN, OLI, EVE)},
    DEE.user_id: MemberStatus.DEACTIVATED,
    GUS.user_id: MemberStatus.GUEST,
    ROBO.user_id: MemberStatus.BOT,
    UMA.user_id: MemberStatus.UNKNOWN,
    FAY.user_id: MemberStatus.STRANGER,
}
"""Dee, Gus, Robo, Uma and Fay are in the group of the leads too, but their approval does not count, each for another
reason. Whoever is not here is a stranger."""


def directory() -> FakeDirectory:
    return FakeDirectory(dict(GROUPS), dict(STATUSES))


def rule(name: str = "on-call", **changes: Any) -> Rule:
    values: dict[str, Any] = {"name": name, "who": ONCALL, "may": frozenset(Action)}
    return Rule(**(values | changes))


def of_leads(count: int, *, rule: str = "on-call", requester_counts: bool = False) -> Need:
    return Need(count=count, of=LEADS, rule=rule, requester_counts=requester_counts)


def asking_leads(count: int, **changes: Any) -> Rule:
    """A rule that posts its cards in #approvals and waits for this number of leads."""
    return rule(need=of_leads(count), approve_in=APPROVALS.channel_id, **changes)


def policy(*rules: Rule, **limits: Any) -> Policy:
    return Policy(rules=rules or (rule(),), **limits)


def sessions() -> tuple[Session, ...]:
    """Alice is disconnected, Bob and Carol are active."""
    active = {"state": SessionState.ACTIVE, "disconnect": 0, "input": b.LOGON + 143_000_000_000}
    return (
        b.session(0, account=Account(domain="", user=""), station="Services"),
        b.session(3),
        b.session(5, account=Account(domain="CORP", user="bob"), **active),
        b.session(7, account=Account(domain="CORP", user="carol"), **active),
    )


def crowd() -> tuple[Session, ...]:
    return tuple(b.session(number, account=Account(domain="CORP", user=f"user{number}")) for number in range(1, 21))


def bot_with(*rules: Rule, **limits: Any) -> BotHarness:
    """The bot among these people under these rules; without any, whoever is on call may do everything."""
    here = sessions()
    return BotHarness(
        policy=policy(*rules, **limits),
        directory=directory(),
        terminal=FakeTerminal({"comp1": here, "comp2": here, "vault": here, "crowd": crowd()}),
        hosts=HOSTS,
        asker=DANA,
        place=OPS,
    )
