"""The bot on memory adapters: people ask and press, time passes, processes die; nothing is real."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from bot.domain.actions import Action
from bot.domain.inventory import Inventory
from bot.domain.session import Account, SessionState
from bot.policy.model import Force, Policy, Rule
from bot.workflow.intake import Intake
from bot.workflow.steps import Workflow
from tests.fakes.chat import FakeChat
from tests.fakes.clock import SettableClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.ledger import FakeLedger
from tests.fakes.scheduler import FakeScheduler
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.cards.model import Card
    from bot.domain.events import Event
    from bot.domain.people import Actor
    from bot.domain.request import Request
    from bot.domain.session import Session
    from bot.workflow.intake import Response

HOSTS = ("comp1", "comp2", "comp3")
ONCALL = frozenset({"@oncall"})
ON_CALL = Rule(name="on-call", who=ONCALL, may=frozenset(Action), force=Force(is_allowed=True))
POLICY = Policy(home_team=b.ASKER.team_id, rules=(ON_CALL,))
SWEEP = timedelta(seconds=5)


class Crash(BaseException):
    """The process is killed here."""


class InlineExecutor(Executor):
    """Runs everything at once, in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class CrashingLedger(FakeLedger):
    """`die_before` and `die_after`: the process is killed when the first such event is recorded."""

    die_before: type[Event] | None = None
    die_after: type[Event] | None = None

    def record(self, request_id: str, event: Event, *, interactive: bool = False) -> Request:
        if self.die_before and isinstance(event, self.die_before):
            self.die_before = None
            raise Crash
        after = super().record(request_id, event, interactive=interactive)
        if self.die_after and isinstance(event, self.die_after):
            self.die_after = None
            raise Crash
        return after


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
    """`restart` is what a new process does: the ledger, the hosts and the chat stay, everything else is new."""

    def __init__(self, *, terminal: FakeTerminal | None = None, policy: Policy = POLICY) -> None:
        self.clock = SettableClock()
        self.ledger = CrashingLedger(self.clock)
        self.terminal = terminal or FakeTerminal({host: sessions() for host in HOSTS})
        self.chat, self.policy = FakeChat(), policy
        self.people = FakeDirectory({b.ASKER.user_id: ONCALL, b.OTHER.user_id: ONCALL})
        self._deliveries = count()
        self.restart()

    def restart(self) -> None:
        workflow = Workflow(
            ledger=self.ledger,
            terminal=self.terminal,
            chat=self.chat,
            directory=self.people,
            policy=self.policy,
            clock=self.clock,
            executor=InlineExecutor(),
            wake=lambda item, at: self.scheduler.wake(item, at),  # noqa: PLW0108 - the engine needs the workflow first
        )
        self.scheduler = FakeScheduler(workflow.step, self.ledger, self.clock, on_failure=workflow.record_failure)
        self.intake = Intake(
            ledger=self.ledger,
            directory=self.people,
            policy=self.policy,
            inventory=Inventory(names=HOSTS),
            clock=self.clock,
        )

    # What people do

    def ask(self, text: str, *, by: Actor = b.ASKER, delivery: str = "", command: str = "logoff") -> Response:
        """Typed and acked; nothing has run yet."""
        delivery = delivery or f"delivery {next(self._deliveries)}"
        response = self.intake.ask(command=command, text=text, actor=by, place=b.PLACE, delivery=delivery)
        if response.wake:
            self.scheduler.wake(response.wake)
        return response

    def press(
        self, press: str, *, by: Actor = b.ASKER, version: int | None = None, on: Request | None = None
    ) -> Response:
        """On the newest request's card, by default as it stands now."""
        request = on or self.request
        value = f"{request.id}:{version or request.version}"
        response = self.intake.press(press=press, value=value, actor=by, place=b.PLACE)
        if response.wake:
            self.scheduler.wake(response.wake)
        return response

    def run(self) -> None:
        """Everything that is due now."""
        self.scheduler.sweep()
        self.scheduler.run_all()

    def ask_and_run(self, text: str, **how: Any) -> Request:
        self.ask(text, **how)
        self.run()
        return self.request

    def approve_and_run(self) -> Request:
        self.press("approve")
        self.run()
        return self.request

    def wait(self, length: timedelta) -> Request:
        """Time passes, with a sweep every few seconds."""
        end = self.clock.now() + length
        while self.clock.now() < end:
            self.clock.move(min(SWEEP, end - self.clock.now()))
            self.run()
        return self.request

    # What can be seen

    @property
    def request(self) -> Request:
        return self.ledger.newest(1)[0]

    @property
    def card(self) -> Card:
        (card,) = self.chat.shown
        return card

    @property
    def events(self) -> list[str]:
        return [entry.event for entry in self.ledger.entries()]

    def verdicts(self) -> dict[str, str]:
        """Of the newest request: `comp1 3` -> verdict."""
        return {
            f"{target.session.host} {target.session.id}": target.verdict.value if target.verdict else "open"
            for target in self.request.targets
        }


def text_of(card: Card) -> str:
    """All words of a report, one line a line."""
    lines = ["".join(str(getattr(part, "text", part)) for part in line.parts) for line in card.lines]
    return "\n".join([card.headline, *lines])
