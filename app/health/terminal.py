"""The `Terminal` port with its looks and acts counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.health.ports import Outcome, outcome_of
from bot.domain.actions import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta

    from app.health.metrics import Metrics
    from bot.domain.program import Program
    from bot.domain.session import Session
    from bot.ports.terminal import Answer, Order, Terminal

REQUESTED = "requested"
"""The outcome of an order that Windows took, and whose result is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTerminal:
    """A terminal whose calls are counted by outcome. It knows no computer's name."""

    terminal: Terminal
    metrics: Metrics

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        with self._look("look"):
            return self.terminal.sessions(host, within=within)

    def programs(self, host: str, order: Order, *, within: timedelta) -> tuple[Program, ...] | None:
        with self._look("programs"):
            return self.terminal.programs(host, order, within=within)

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        answers = self.terminal.log_off(host, orders, wait=wait, within=within)
        return self._act(Action.LOG_OFF, orders, answers)

    def disconnect(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        answers = self.terminal.disconnect(host, orders, wait=wait, within=within)
        return self._act(Action.DISCONNECT, orders, answers)

    def message(
        self, host: str, orders: Sequence[Order], *, title: str, text: str, within: timedelta
    ) -> Iterator[Answer]:
        answers = self.terminal.message(host, orders, title=title, text=text, within=within)
        return self._act(Action.MESSAGE, orders, answers)

    def _look(self, call: str) -> Outcome:
        def tell(seconds: float, error: BaseException | None) -> None:
            self.metrics.host_calls.labels(call).observe(seconds)
            if call == "look":
                self.metrics.looks.labels(outcome_of(error)).inc()

        return Outcome(tell)

    def _act(self, action: Action, orders: Sequence[Order], answers: Iterable[Answer]) -> Iterator[Answer]:
        """Yield the answers. The orders without one count with the error that ended the call."""
        left = len(orders)

        def tell(seconds: float, error: BaseException | None) -> None:
            self.metrics.host_calls.labels(action.value).observe(seconds)
            if error and not isinstance(error, GeneratorExit):
                self.metrics.acts.labels(action.value, outcome_of(error)).inc(max(0, left))

        with Outcome(tell):
            for answer in answers:
                left -= 1
                outcome = answer.verdict.value if answer.verdict else REQUESTED
                self.metrics.acts.labels(action.value, outcome).inc()
                yield answer
