"""The core on threads, as it runs, with its ledger in memory."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.scheduler.threads import ThreadScheduler
from bot.domain.inventory import Inventory
from bot.workflow.authorization import Authorizer
from bot.workflow.courier import Courier
from bot.workflow.inputs import CommandCall
from bot.workflow.intake import Intake
from bot.workflow.presses import PressHandler
from bot.workflow.steps import assemble
from tests.fakes.directory import FakeDirectory
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from adapters.scheduler.host_pool import FairHostPool
    from bot.domain.people import Actor, Place
    from bot.domain.request import Request, WorkItem
    from bot.policy.model import Policy
    from bot.ports.chat import Chat
    from bot.ports.scheduler import Scheduler
    from bot.ports.terminal import Terminal


class ThreadedBot:
    """`around` surrounds each step."""

    def __init__(
        self,
        *,
        terminal: Terminal,
        chat: Chat,
        looks: FairHostPool,
        policy: Policy,
        hosts: tuple[str, ...],
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
        scheduler: Callable[[FakeLedger, SystemClock], Scheduler] = ThreadScheduler,
    ) -> None:
        clock = SystemClock()
        self.ledger, self.looks = FakeLedger(clock), looks
        self.scheduler = scheduler(self.ledger, clock)
        directory = FakeDirectory.of_members({b.ASKER.user_id: b.ONCALL, b.OTHER.user_id: b.ONCALL})
        authorizer = Authorizer(
            ledger=self.ledger, pause_switch=self.ledger, directory=directory, policy=policy, clock=clock
        )
        workflow = assemble(
            ledger=self.ledger,
            terminal=terminal,
            courier=Courier(ledger=self.ledger, chat=chat, clock=clock),
            clock=clock,
            pool=looks,
            scheduler=self.scheduler,
            authorizer=authorizer,
        )
        presses = PressHandler(ledger=self.ledger, authorizer=authorizer)
        self.intake = Intake(ledger=self.ledger, presses=presses, inventory=Inventory(names=hosts), clock=clock)

        def step(item: WorkItem) -> None:
            with around():
                workflow.step(item)

        self.scheduler.start(step, workflow.record_failure)

    def ask(self, text: str, *, by: Actor = b.ASKER, place: Place = b.PLACE) -> str:
        """Type a command that is understood; the id of its request."""
        call = CommandCall(command="logoff", text=text, actor=by, place=place, delivery=text)
        response = self.intake.ask(call)
        assert response.wake, response.text
        self.scheduler.wake(response.wake)
        return response.wake.request_id

    def find(self, request_id: str) -> Request:
        found = self.ledger.find(request_id)
        assert found
        return found

    def stop(self) -> None:
        assert self.scheduler.stop(timedelta(seconds=30))
        self.looks.close()
