"""Warn first: a message on each desktop, proven or not counted, then time to save.

A message cannot be read back, so the intent is recorded before it leaves and it is never sent twice. Who could not be
warned, or of whom nobody can prove it, is left alone.
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
from bot.workflow.sight import in_sight

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from datetime import timedelta

    from bot.domain.request import Request, Target
    from bot.ports.ledger import Ledger
    from bot.ports.terminal import Answer, Terminal
    from bot.workflow.authorization import Authorizer


def are_warned(request: Request, grace: timedelta) -> bool:
    """Every open target is warned, and the act begins no sooner than their time is over: a hold may be shorter."""
    warned = [target.warned_at for target in request.open_targets if target.warned_at]
    if request.act_at is None or len(warned) < len(request.open_targets):
        return False
    return all(request.act_at >= at + grace for at in warned)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningSender:
    """Warns every target of a request that is ready, all hosts together: one that is down costs its own time only."""

    ledger: Ledger
    terminal: Terminal
    executor: Executor
    authorizer: Authorizer

    def warn(self, request: Request, grace: timedelta) -> Request:
        """Afterwards every open target is warned, and its time runs."""
        for target in request.open_targets:
            if target.warning_at and not target.warned_at:
                not_proven = WarningFailed(key=target.key, note="its delivery is not proven")
                request = self.ledger.record(request.id, not_proven)
        fresh = [target for target in request.open_targets if not target.warning_at]
        for target in fresh:
            self.ledger.record(request.id, WarningStarted(key=target.key))
        hosts = dict.fromkeys(target.session.host for target in fresh)
        for outcome in self.executor.map(lambda host: self._sent(request, host, fresh, grace), hosts):
            for target, why, unseen in outcome:
                not_warned = WarningFailed(key=target.key, note=why, unseen=unseen)
                self.ledger.record(request.id, not_warned if why else WarningDelivered(key=target.key))
        return self.ledger.record(request.id, GraceStarted(grace=grace))

    def _sent(
        self, request: Request, host: str, fresh: list[Target], grace: timedelta
    ) -> list[tuple[Target, str, str]]:
        """Each target of the host with nothing, or with why it got no message, and with what is for the audit alone."""
        targets = [target for target in fresh if target.session.host == host]
        waiting = {target.session.id: target for target in targets}
        outcome: list[tuple[Target, str, str]] = []
        may_list = self.authorizer.may_list(request, host)
        text = warning_text(request.ask.warning, grace, request.actor, request.action)
        orders = [order_for(request, t, not_at_console=not self.authorizer.may_touch_console) for t in targets]
        try:
            for answer in self.terminal.message(host, orders, title=WARNING_TITLE, text=text, within=OVERHEAD):
                target = waiting.pop(answer.session_id)
                told, unseen = in_sight(answer, may_list=may_list)
                outcome.append((target, _why_not(target, told), unseen))
        except TerminalError as error:
            return outcome + [(target, error.message, "") for target in waiting.values()]
        return outcome + [(target, "the computer said nothing of it", "") for target in waiting.values()]


def _why_not(target: Target, answer: Answer) -> str:
    """Nothing when Windows took the message, else what it said."""
    if answer.verdict is Verdict.SENT:
        return ""
    return in_words(replace(target, verdict=answer.verdict, code=answer.code, reason=answer.reason, note=answer.note))
