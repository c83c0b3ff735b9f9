"""The bot over fakes: people ask and press, time passes, processes die; nothing is real."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from bot.audit.keys import SigningKeys
from bot.cards.model import Break
from bot.domain.actions import Action
from bot.domain.inventory import Inventory
from bot.domain.session import Account, SessionState
from bot.errors import NotOwner
from bot.policy.in_force import InForce
from bot.policy.model import Force, Policy, Rule
from bot.workflow.audit_answer import NO_LOG
from bot.workflow.authorization import Authorizer
from bot.workflow.courier import Courier
from bot.workflow.digest import Digest
from bot.workflow.first_parts import FirstParts
from bot.workflow.host_reader import same_for_all
from bot.workflow.inputs import CommandCall, PressCall
from bot.workflow.intake import Intake
from bot.workflow.presses import PressHandler
from bot.workflow.senders import Senders
from bot.workflow.steps import assemble
from tests.fakes.chat import FakeChat
from tests.fakes.clock import SettableClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.ledger import FakeLedger
from tests.fakes.scheduler import FakeScheduler
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bot.cards.model import Card
    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event
    from bot.domain.people import Actor, Place
    from bot.domain.request import Request, Target, WorkItem
    from bot.domain.session import Session
    from bot.workflow.courier import Unwritten
    from bot.workflow.digest import DigestPlan
    from bot.workflow.host_reader import LookWithin
    from bot.workflow.response import Response
    from bot.workflow.steps import Workflow

HOSTS = ("comp1", "comp2", "comp3")
ONCALL = frozenset({"@oncall"})
ON_CALL = Rule(name="on-call", who=ONCALL, may=frozenset(Action), force=Force(is_allowed=True))
POLICY = Policy(rules=(ON_CALL,))
KEY = SigningKeys("the key of the harness")
SWEEP = timedelta(seconds=5)


class Crash(BaseException):
    """The process is killed here."""


class InlinePool:
    """The `HostPool` port in the caller's thread, one host after the other. It keeps which hosts came last."""

    def __init__(self) -> None:
        self.last: list[frozenset[str]] = []

    def each(
        self,
        request_id: str,  # noqa: ARG002 - there is nobody else
        hosts: Sequence[str],
        call: Callable[[str], Any],
        *,
        last: Collection[str] = frozenset(),
    ) -> list[Any]:
        self.last.append(frozenset(last))
        return [call(host) for host in hosts]


class CrashingLedger(FakeLedger):
    """`die_before` and `die_after`: the process is killed when the first such event is recorded.

    `lose_before` and `lose_after`: it owns the database no more then.
    """

    die_before: type[Event] | None = None
    die_after: type[Event] | None = None
    lose_before: type[Event] | None = None
    lose_after: type[Event] | None = None

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        if self.die_before and isinstance(event, self.die_before):
            self.die_before = None
            raise Crash
        if self.lose_before and isinstance(event, self.lose_before):
            self.lose_before = None
            self.not_owner = NotOwner("Another process owns my database.")
        after = super().record(request_id, event, interactive=interactive, limit=limit)
        if self.lose_after and isinstance(event, self.lose_after):
            self.lose_after = None
            self.not_owner = NotOwner("Another process owns my database.")
        if self.die_after and isinstance(event, self.die_after):
            self.die_after = None
            raise Crash
        return after


@cache
def sessions() -> tuple[Session, ...]:
    """Session 0, alice (3, disconnected), bob (5, active), and a listener."""
    nobody = Account(domain="", user="")
    return (
        b.session(0, account=nobody, station="Services"),
        b.session(3),
        b.session(5, account=Account(domain="CORP", user="bob"), state=SessionState.ACTIVE),
        b.session(65537, account=nobody, state=SessionState.LISTENING),
    )


class BotHarness:
    """The whole core over fakes. `policy`, `directory`, `terminal` and `chat` may be changed or replaced at any moment.

    A step's exception goes to the test; with `records_failures` the workflow records it, as in production.
    """

    def __init__(
        self,
        *,
        policy: Policy = POLICY,
        directory: FakeDirectory | None = None,
        terminal: FakeTerminal | None = None,
        hosts: tuple[str, ...] = HOSTS,
        asker: Actor = b.ASKER,
        place: Place = b.PLACE,
        records_failures: bool = False,
        look_within: LookWithin = same_for_all,
    ) -> None:
        self.look_within = look_within
        self.log_sources = NO_LOG
        self.policy, self.asker, self.place = policy, asker, place
        self.clock = SettableClock()
        self.ledger = CrashingLedger(self.clock, KEY)
        self.chat = FakeChat()
        self.unwritten: Unwritten = {}
        self.directory = directory or FakeDirectory.of_members({b.ASKER.user_id: ONCALL, b.OTHER.user_id: ONCALL})
        self.terminal = terminal or FakeTerminal({host: sessions() for host in hosts})
        self._inventory = Inventory(names=hosts)
        self._records_failures = records_failures
        self._deliveries = count()
        self._senders = Senders()
        self.restart()

    def restart(self) -> None:
        """Start a new process: ledger, hosts and chat stay; what was woken and not recorded is forgotten."""
        self._senders = Senders()
        self.unwritten = {}
        self.first_parts = FirstParts()
        self.log_sources = replace(self.log_sources, unsent={})
        self.scheduler = FakeScheduler(self.ledger, self.clock)
        self.scheduler.start(self._step, self._record_failure if self._records_failures else None)

    @property
    def authorizer(self) -> Authorizer:
        return Authorizer(
            ledger=self.ledger,
            pause_switch=self.ledger,
            directory=self.directory,
            in_force=InForce(self.policy, self._inventory),
            clock=self.clock,
        )

    @property
    def workflow(self) -> Workflow:
        workflow = assemble(
            ledger=self.ledger,
            terminal=self.terminal,
            clock=self.clock,
            pool=InlinePool(),
            scheduler=self.scheduler,
            authorizer=self.authorizer,
            look_within=self.look_within,
            courier=self.courier,
            log_sources=self.log_sources,
        )
        return replace(workflow, first_parts=self.first_parts)

    @property
    def courier(self) -> Courier:
        return Courier(ledger=self.ledger, chat=self.chat, clock=self.clock, unwritten=self.unwritten)

    def digest(self, plan: DigestPlan) -> Digest:
        return Digest(ledger=self.ledger, clock=self.clock, scheduler=self.scheduler, plan=plan)

    @property
    def presses(self) -> PressHandler:
        return PressHandler(ledger=self.ledger, authorizer=self.authorizer)

    @property
    def intake(self) -> Intake:
        return Intake(
            ledger=self.ledger,
            presses=self.presses,
            clock=self.clock,
            senders=self._senders,
        )

    def _step(self, item: WorkItem) -> None:
        self.workflow.step(item)

    def _record_failure(self, item: WorkItem, reference: str, error: Exception) -> None:
        self.workflow.record_failure(item, reference, error)

    # What people do

    def ask(
        self,
        text: str,
        *,
        by: Actor | None = None,
        place: Place | None = None,
        command: str = "logoff",
        delivery: str = "",
    ) -> Response:
        """Type a command; it is acknowledged, and no step has run yet."""
        call = CommandCall(
            command=command,
            text=text,
            actor=by or self.asker,
            place=place or self.place,
            delivery=delivery or f"delivery {next(self._deliveries)}",
        )
        return self._woken_by(self.intake.ask(call))

    def ask_and_run(self, text: str, **how: Any) -> Request:
        """Type a command that is understood, and run what is due: hosts surveyed, card published."""
        response = self.ask(text, **how)
        assert response.wake, response.text
        self.run()
        return self.find(response.wake.request_id)

    def press(
        self, press: str, *, by: Actor | None = None, version: int | None = None, on: Request | None = None
    ) -> Response:
        """Press a button of the newest request's card, or of `on`, as it stands now or stood in an earlier version."""
        return self._woken_by(self.intake.press(self.call(press, by, on, version)))

    def choose(
        self, *places: int, by: Actor | None = None, version: int | None = None, on: Request | None = None
    ) -> Response:
        """Submit the form behind Choose... with these rows ticked."""
        call = self.call("choose", by, on, version)
        return self._woken_by(self.intake.press(replace(call, picked=frozenset(places))))

    def give(self, reason: str, *, by: Actor | None = None, on: Request | None = None) -> Response:
        """Submit the form behind "Give the reason"."""
        return self._woken_by(self.intake.press(replace(self.call("reason", by, on, None), text=reason)))

    def approve_and_run(self) -> Request:
        self.press("approve")
        self.run()
        return self.request

    def call(self, press: str, by: Actor | None, on: Request | None, version: int | None) -> PressCall:
        request = self.find((on or self.request).id)
        value = f"{request.id}:{version or request.version}"
        return PressCall(press=press, value=value, actor=by or self.asker, place=self.place)

    def _woken_by(self, response: Response) -> Response:
        if response.wake:
            self.scheduler.wake(response.wake)
        return response

    # What happens around them

    def run(self) -> None:
        """Run everything that is due now."""
        self.scheduler.sweep()
        self.scheduler.run_all()

    def wait(self, length: timedelta) -> Request:
        """Let time pass, with a sweep every few seconds."""
        end = self.clock.now() + length
        while self.clock.now() < end:
            self.clock.move(min(SWEEP, end - self.clock.now()))
            self.run()
        return self.request

    def jump(self, length: timedelta) -> None:
        """Let time pass in one leap, as after a standstill of the process, and run what is due then."""
        self.clock.move(length)
        self.run()

    def change_policy(self, *rules: Rule, **limits: Any) -> None:
        self.policy = replace(self.policy, rules=rules or self.policy.rules, **limits)

    def remove_from(self, group: str, person: Actor) -> None:
        self.directory.groups[person.user_id] -= {group}

    # What can be seen

    def find(self, request_id: str) -> Request:
        found = self.ledger.find(request_id)
        assert found
        return found

    @property
    def request(self) -> Request:
        """The newest request."""
        return self.ledger.newest(1)[0]

    @property
    def card(self) -> Card:
        """The only card."""
        (card,) = self.chat.shown
        return card

    def card_of(self, request: Request) -> Card:
        """The request's card as it is published now."""
        message_ref = self.find(request.id).message_ref
        assert message_ref
        return self.chat.cards[message_ref][-1]

    def text_on_card(self, request: Request) -> str:
        """All words of the request's card as it is published now."""
        return text_of(self.card_of(request))

    def told(self, person: Actor) -> list[str]:
        return [text_of(told.card) for told in self.chat.told if told.actor == person]

    @property
    def events(self) -> list[str]:
        return [entry.event for entry in self.ledger.entries()]

    def events_of(self, request: Request) -> list[str]:
        return [entry.event for entry in self.ledger.entries(request_id=request.id)]

    def notes_of(self, request: Request) -> list[str]:
        return [entry.reason_code for entry in self.ledger.entries(request_id=request.id) if entry.event == "noted"]

    def target(self, request: Request, host: str, session_id: int) -> Target:
        found = self.find(request.id).target_at((host, session_id))
        assert found
        return found

    def verdicts(self) -> dict[str, str]:
        """Of the newest request: `comp1 3` -> verdict."""
        return {
            f"{target.session.host} {target.session.id}": target.verdict.value if target.verdict else "open"
            for target in self.request.targets
        }


def text_of(card: Card) -> str:
    """All words of a card, one line a line; people, groups and channels by their ids."""
    lines = ["".join(_words_of(part) for part in line.parts) for line in card.lines]
    rows = [" ".join(cell.shown for cell in row) for row in card.table.rows] if card.table else []
    return "\n".join([card.headline, *rows, *lines])


def _words_of(part: object) -> str:
    if isinstance(part, Break):
        return "\n"
    names = ("text", "sign", "channel_id", "user_id", "name", "at")
    return part if isinstance(part, str) else next(str(getattr(part, n)) for n in names if hasattr(part, n))
