"""Warnings before the act: a message on each desktop, then the time to save.

A message leaves no trace on the host. So the intent is recorded before a warning leaves, and it is never sent twice. A
target whose warning failed or is unproven is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cards.wording import WARNING_TITLE, warning_text
from bot.cards.wording import verdict as in_words
from bot.domain.events import GraceStarted, WarningDelivered, WarningFailed, WarningStarted
from bot.domain.verdicts import Verdict
from bot.errors import TerminalError
from bot.workflow.execution import OVERHEAD, order_for

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from datetime import timedelta

    from bot.domain.request import Request, Target
    from bot.ports.ledger import Ledger
    from bot.ports.terminal import Answer, Terminal
    from bot.workflow.authorization import Authorizer


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningSender:
    """Warns the targets of a request that is ready, on all hosts side by side."""

    ledger: Ledger
    terminal: Terminal
    executor: Executor
    authorizer: Authorizer

    def warn(self, request: Request, grace: timedelta) -> Request:
        """Send the missing warnings, record `GraceStarted` and return the request.

        Every target is then either warned or skipped.
        """
        for target in request.open_targets:
            if target.warning_at and not target.warned_at:
                not_proven = WarningFailed(key=target.key, note="its delivery is not proven")
                request = self.ledger.record(request.id, not_proven)
        fresh = [target for target in request.open_targets if not target.warning_at]
        for target in fresh:
            self.ledger.record(request.id, WarningStarted(key=target.key))
        hosts = dict.fromkeys(target.session.host for target in fresh)
        for outcome in self.executor.map(lambda host: self._sent(request, host, fresh, grace), hosts):
            for target, why in outcome:
                not_warned = WarningFailed(key=target.key, note=why)
                self.ledger.record(request.id, not_warned if why else WarningDelivered(key=target.key))
        return self.ledger.record(request.id, GraceStarted(grace=grace))

    def _sent(self, request: Request, host: str, fresh: list[Target], grace: timedelta) -> list[tuple[Target, str]]:
        """Return each target of the host with why its warning failed; an empty text when Windows took it."""
        targets = [target for target in fresh if target.session.host == host]
        waiting = {target.session.id: target for target in targets}
        outcome: list[tuple[Target, str]] = []
        text = warning_text(request.ask.warning, grace, request.actor, request.action)
        orders = [order_for(request, t, not_at_console=not self.authorizer.may_touch_console) for t in targets]
        try:
            for answer in self.terminal.message(host, orders, title=WARNING_TITLE, text=text, within=OVERHEAD):
                target = waiting.pop(answer.session_id)
                outcome.append((target, _why_not(target, answer)))
        except TerminalError as error:
            return outcome + [(target, error.message) for target in waiting.values()]
        return outcome + [(target, "the computer said nothing of it") for target in waiting.values()]


def _why_not(target: Target, answer: Answer) -> str:
    """Return why the warning failed, in words; empty when Windows took it."""
    if answer.verdict is Verdict.SENT:
        return ""
    return in_words(replace(target, verdict=answer.verdict, code=answer.code, reason=answer.reason, note=answer.note))
