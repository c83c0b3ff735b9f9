"""The bot on memory adapters among people with roles: rules, groups and standings change while cards wait."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from bot.domain.actions import Action
from bot.domain.inventory import Inventory
from bot.domain.people import Actor, MemberStatus, Place
from bot.domain.requirement import Need
from bot.domain.session import Account, SessionState
from bot.errors import PlaceRefused
from bot.policy.model import Policy, Rule
from bot.workflow.intake import Intake
from bot.workflow.steps import Workflow
from tests.fakes.chat import FakeChat
from tests.fakes.clock import SettableClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.scheduler import FakeScheduler
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import CrashingLedger, InlineExecutor

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.cards.model import Card
    from bot.domain.request import MessageRef, Request, Target, WorkItem
    from bot.domain.session import Session
    from bot.workflow.intake import Response

HOME, ELSEWHERE = "T0HOME", "T0OTHER"
KEY = b"the key of the council"
OPS, LOUNGE, APPROVALS = (
    Place(channel_id="C0OPS", name="ops"),
    Place(channel_id="C0LOUNGE", name="lounge"),
    Place(channel_id="C0APPROVE", name="approvals"),
)
HOSTS = ("comp1", "comp2", "vault", "crowd")


def person(name: str, team: str = HOME) -> Actor:
    return Actor(user_id=f"U0{name.upper()}", team_id=team, name=name)


DANA, BO, CHEN, OLI = person("dana"), person("bo"), person("chen"), person("oli")
DEE, GUS, ROBO, UMA, FAY = person("dee"), person("gus"), person("robo"), person("uma"), person("fay", ELSEWHERE)
ONCALL, LEADS = frozenset({"@oncall"}), frozenset({"@leads"})
GROUPS = {
    DANA.user_id: ONCALL,
    CHEN.user_id: ONCALL | LEADS,
    OLI.user_id: frozenset[str](),
    **{one.user_id: LEADS for one in (BO, DEE, GUS, ROBO, UMA, FAY)},
}
STANDINGS = {
    DEE.user_id: MemberStatus.DEACTIVATED,
    GUS.user_id: MemberStatus.GUEST,
    ROBO.user_id: MemberStatus.BOT,
    UMA.user_id: MemberStatus.UNKNOWN,
    FAY.user_id: MemberStatus.STRANGER,
}
"""Dana is on call, Bo leads, Chen does both, Oli neither. The other leads do not count, each for another reason."""


def directory() -> FakeDirectory:
    return FakeDirectory(dict(GROUPS), dict(STANDINGS))


def rule(name: str = "on-call", **changes: Any) -> Rule:
    values: dict[str, Any] = {"name": name, "who": ONCALL, "may": frozenset(Action)}
    return Rule(**(values | changes))


def of_leads(count: int, *, rule: str = "on-call", requester_counts: bool = False) -> Need:
    return Need(count=count, of=LEADS, rule=rule, requester_counts=requester_counts)


def asking_leads(count: int, **changes: Any) -> Rule:
    """A rule whose cards stand in #approvals and wait for so many leads."""
    return rule(need=of_leads(count), approve_in=APPROVALS.channel_id, **changes)


def policy(*rules: Rule, **changes: Any) -> Policy:
    return Policy(home_team=HOME, rules=rules or (rule(),), **changes)


def sessions() -> tuple[Session, ...]:
    """Alice has left, Bob and Carol are at work."""
    active = {"state": SessionState.ACTIVE, "disconnect": 0, "input": b.LOGON + 143_000_000_000}
    return (
        b.session(0, account=Account(domain="", user=""), station="Services"),
        b.session(3),
        b.session(5, account=Account(domain="CORP", user="bob"), **active),
        b.session(7, account=Account(domain="CORP", user="carol"), **active),
    )


def crowd() -> tuple[Session, ...]:
    return tuple(b.session(number, account=Account(domain="CORP", user=f"user{number}")) for number in range(1, 21))


class Channels(FakeChat):
    """A chat with `closed` channels, where the bot may not post: then a card goes to direct messages, if it may."""

    def __init__(self) -> None:
        super().__init__()
        self.closed: set[str] = set()

    def post(self, place: Place, actor: Actor | None, card: Card) -> MessageRef:
        if place.channel_id not in self.closed:
            return super().post(place, actor, card)
        if actor is None:
            raise PlaceRefused("Slack does not let me post there.")
        return super().post(Place(channel_id=f"D{actor.user_id}"), actor, card)


class Council:
    """`policy` and the directory may be changed at any moment: whoever decides next, decides by them."""

    def __init__(self, *rules: Rule, **limits: Any) -> None:
        self.policy = policy(*rules, **limits)
        self.clock = SettableClock(b.NOW)
        self.ledger = CrashingLedger(self.clock, KEY)
        self.directory, self.chat = directory(), Channels()
        here = sessions()
        self.terminal = FakeTerminal({"comp1": here, "comp2": here, "vault": here, "crowd": crowd()})
        self._deliveries = count()
        self.restart()

    def restart(self) -> None:
        """A new process: what was woken and not recorded is forgotten."""
        self.scheduler = FakeScheduler(self._step, self.ledger, self.clock)

    @property
    def workflow(self) -> Workflow:
        return Workflow(
            ledger=self.ledger,
            terminal=self.terminal,
            chat=self.chat,
            directory=self.directory,
            policy=self.policy,
            clock=self.clock,
            executor=InlineExecutor(),
            wake=self._wake,
        )

    def _step(self, item: WorkItem) -> None:
        self.workflow.step(item)

    def _wake(self, item: WorkItem, at: datetime | None) -> None:
        self.scheduler.wake(item, at)

    @property
    def intake(self) -> Intake:
        return Intake(
            ledger=self.ledger,
            directory=self.directory,
            policy=self.policy,
            inventory=Inventory(names=HOSTS),
            clock=self.clock,
        )

    # What people do

    def ask(self, text: str, *, by: Actor = DANA, place: Place = OPS, command: str = "logoff") -> Request:
        """Typed, acked, surveyed, drawn."""
        delivery = f"delivery {next(self._deliveries)}"
        response = self.intake.ask(command=command, text=text, actor=by, place=place, delivery=delivery)
        assert response.wake, response.text
        self.run()
        return self.find(response.wake.request_id)

    def press(self, request: Request, press: str, *, by: Actor, version: int | None = None) -> Response:
        """On this card as it stands now, or as it stood in an earlier version."""
        value = f"{request.id}:{version or self.find(request.id).version}"
        return self.intake.press(press=press, value=value, actor=by, place=OPS)

    def keep(self, request: Request, *places: int, by: Actor) -> Response:
        """The form behind Choose... comes back with these rows."""
        value = f"{request.id}:{self.find(request.id).version}"
        return self.intake.choose(value=value, picked=frozenset(places), actor=by, place=OPS)

    def run(self) -> None:
        """Everything that is due now."""
        self.scheduler.sweep()
        self.scheduler.run_all()

    def wait(self, length: timedelta) -> None:
        self.clock.move(length)
        self.run()

    def change(self, *rules: Rule, **limits: Any) -> None:
        self.policy = policy(*rules, **limits) if rules else replace(self.policy, **limits)

    def remove_from(self, group: str, person: Actor) -> None:
        self.directory.groups[person.user_id] -= {group}

    # What can be seen

    def find(self, request_id: str) -> Request:
        found = self.ledger.find(request_id)
        assert found
        return found

    def target(self, request: Request, host: str, session_id: int) -> Target:
        found = self.find(request.id).target_at((host, session_id))
        assert found
        return found

    def shown(self, request: Request) -> str:
        """All words of the request's card as it is drawn now."""
        card = self.find(request.id).message_ref
        assert card
        return text_of(self.chat.cards[card][-1])

    def told(self, person: Actor) -> list[str]:
        return [text_of(told.card) for told in self.chat.told if told.actor == person]

    def events(self, request: Request) -> list[str]:
        return [entry.event for entry in self.ledger.entries(request_id=request.id)]

    def notes(self, request: Request) -> list[str]:
        return [entry.reason for entry in self.ledger.entries(request_id=request.id) if entry.event == "noted"]


def text_of(card: Card) -> str:
    """All words of a report, one line a line; people and groups by their ids."""
    lines = ["".join(_word(part) for part in line.parts) for line in card.lines]
    return "\n".join([card.headline, *lines])


def _word(part: object) -> str:
    names = ("text", "channel_id", "user_id", "name", "at")
    return part if isinstance(part, str) else next(str(getattr(part, n)) for n in names if hasattr(part, n))
