"""Warnings before the act: a message on each desktop, then the time to save.

A message leaves no trace on the host. So the intent is recorded before a warning leaves, and it is never sent twice. A
target whose warning failed or is unproven is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.audit.entry import THE_BOT
from bot.cards.verdict_words import verdict as in_words
from bot.cards.wording import warning_text, warning_title
from bot.domain.act_times import OVERHEAD
from bot.domain.events import GraceStarted, Noted, WarningDelivered, WarningFailed, WarningStarted
from bot.domain.note_kind import NoteKind
from bot.domain.verdicts import Verdict
from bot.errors import Conflict, TerminalError
from bot.workflow.orders import order_for
from bot.workflow.sight import in_sight
from bot.workflow.silence import SilentHosts

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.request import Request, Target
    from bot.ports.host_pool import HostPool
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
    """Warns the targets of a request that is ready, on all hosts side by side."""

    ledger: Ledger
    terminal: Terminal
    pool: HostPool
    authorizer: Authorizer
    silent: SilentHosts = field(default_factory=SilentHosts)

    def warn(self, request: Request, grace: timedelta) -> None:
        """Send the missing warnings and record `GraceStarted`. Every target is then either warned or skipped."""
        for target in request.open_targets:
            if target.warning_at and not target.warned_at:
                self.ledger.record(request.id, WarningFailed(key=target.key, note="its delivery is not proven"))
        fresh = [target for target in request.open_targets if not target.warning_at]
        for target in fresh:
            self.ledger.record(request.id, WarningStarted(key=target.key))
        hosts = dict.fromkeys(target.session.host for target in fresh)
        last = self.silent.among(hosts)
        for outcome in self.pool.each(
            request.id, tuple(hosts), lambda host: self._sent(request, host, fresh, grace), last=last
        ):
            for event in outcome:
                self._record_fact(request.id, event)
        self.ledger.record(request.id, GraceStarted(grace=grace))

    def _record_fact(self, request_id: str, event: WarningDelivered | WarningFailed) -> None:
        """Record what became of a warning, also when the request has ended meanwhile: people have read it."""
        try:
            self.ledger.record(request_id, event)
        except Conflict:
            host, number = event.key
            said = "warned" if isinstance(event, WarningDelivered) else f"not warned: {event.note}"
            detail = f"{host} {number}: {said}"
            self.ledger.record(request_id, Noted(kind=NoteKind.LATE_VERDICT, by=THE_BOT, detail=detail))

    def _sent(
        self, request: Request, host: str, fresh: list[Target], grace: timedelta
    ) -> list[WarningDelivered | WarningFailed]:
        """Warn the targets of one host, each with the requester's text where a rule lets them send it."""
        outcome: list[WarningDelivered | WarningFailed] = []
        here = [target for target in fresh if target.session.host == host]
        own = self.authorizer.may_still_warn(request, here)
        for is_own in (True, False):
            targets = [target for target in here if (target.key in own) is is_own]
            text = warning_text(request.ask.warning if is_own else "", grace, request.actor, request.action)
            if targets:
                outcome += self._sent_to(request, host, targets, text)
        return outcome

    def _sent_to(
        self, request: Request, host: str, targets: list[Target], text: str
    ) -> list[WarningDelivered | WarningFailed]:
        """Show the text to these targets; the host compares each with the card before."""
        waiting = {target.session.id: target for target in targets}
        outcome: list[WarningDelivered | WarningFailed] = []
        may_list = self.authorizer.may_list(request, host)
        away, still = not self.authorizer.may_touch_console, self.authorizer.conditions_on
        orders = [order_for(request, t, still(request, t), not_at_console=away) for t in targets]
        why = "the computer said nothing of it"
        try:
            for answer in self.terminal.message(
                host, orders, title=warning_title(request.action), text=text, within=OVERHEAD
            ):
                told, unseen = in_sight(answer, may_list=may_list)
                outcome.append(_event_of(waiting.pop(answer.session_id), told, unseen))
        except TerminalError as error:
            why = error.message
        return outcome + [WarningFailed(key=target.key, note=why) for target in waiting.values()]


def _event_of(target: Target, answer: Answer, unseen: str) -> WarningDelivered | WarningFailed:
    """Somebody else, somebody who came back, or nobody there: that is the verdict; else the target was not warned."""
    match answer.verdict:
        case Verdict.SENT:
            return WarningDelivered(key=target.key)
        case Verdict.CHANGED if answer.reason:
            return WarningFailed(key=target.key, verdict=answer.verdict, reason=answer.reason, note=answer.note)
        case _:
            said = replace(target, verdict=answer.verdict, code=answer.code, reason=answer.reason, note=answer.note)
            return WarningFailed(key=target.key, note=in_words(said), unseen=unseen)
