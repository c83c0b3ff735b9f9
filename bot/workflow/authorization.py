"""May this happen now, and on what conditions: the rules and the people as they are, asked in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import wording
from bot.domain.actions import Action, facts_of
from bot.domain.alone import AloneLimit
from bot.domain.events import Refused
from bot.policy import approvals, evaluate
from bot.policy.model import Decision, deny

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.conditions import Condition
    from bot.domain.people import Actor, Person
    from bot.domain.request import Request, Target
    from bot.domain.requirement import Requirement
    from bot.policy.model import Policy
    from bot.ports.clock import Clock
    from bot.ports.directory import Directory
    from bot.ports.ledger import Ledger
    from bot.ports.pause import PauseSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one more yes makes of a request that awaits a decision."""

    is_enough: bool  # every need is met by people who count now
    void: frozenset[str]  # user ids whose earlier yes counts no longer
    decision: Decision  # when it is enough: may the act begin at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """Asks the rules, the directory, the pause and the rate of requests. Nothing is remembered between two questions.

    Raises `LedgerError` when the database cannot be asked; then nothing is allowed.
    """

    ledger: Ledger
    pause_switch: PauseSwitch
    directory: Directory
    policy: Policy
    clock: Clock

    def person(self, actor: Actor) -> Person:
        """Return the actor as the directory knows them now."""
        return self.directory.person(actor)

    def may_survey(self, request: Request, requester: Person) -> Decision:
        """May hosts be looked at for this request: before any of them is contacted."""
        if request.action is Action.AUDIT:
            return deny("no act", wording.READS_NO_COMPUTER)
        decision = evaluate.may_ask(self.policy, requester, request.place, request.action)
        if not decision.allowed:
            return decision
        only_looks = facts_of(request.action).only_reads or request.ask.whatif
        if not only_looks and (pause := self.pause_switch.paused()):
            return deny("paused", wording.paused(pause))
        policy = self.policy
        asked = self.ledger.asked_since(request.actor.user_id, self.clock.now() - policy.max_requests_per)
        if asked > policy.max_requests:
            return deny("rate limit", wording.too_often(policy.max_requests, policy.max_requests_per))
        return decision

    def may_look_at(self, request: Request, requester: Person, host: str) -> bool:
        """May this host be contacted for the requester at all."""
        return evaluate.may_look(self.policy, requester, request.place, request.action, host)

    def may_list(self, request: Request, host: str) -> bool:
        """May the requester know of every session on this host."""
        requester = self.person(request.actor)
        return evaluate.may_look(self.policy, requester, request.place, Action.LIST, host)

    def alone_limit(self, request: Request, targets: Sequence[Target]) -> AloneLimit:
        """Return how many sessions the requester may act on alone, and what it takes to act on these above that."""
        policy, requester, place = self.policy, self.person(request.actor), request.place
        sessions = [target.session for target in targets]
        second = evaluate.with_second_person(policy, requester, place, request.action, sessions)
        above = approvals.met_by_both(second, request.requirement)
        nobody = self.nobody_to_ask(request, above)
        return AloneLimit(
            most=policy.second_person_above,
            within=policy.second_person_window,
            above=above,
            nobody=nobody.message if nobody else "",
        )

    def nobody_to_ask(self, request: Request, required: Requirement | None) -> Refused | None:
        """Return the refusal when too few people exist who could say yes: waiting for them would help nobody."""
        for need in required.needs if required and not required.is_forced else ():
            people = self.directory.members_of(need.of)
            people = people if need.requester_counts else people - {request.actor.user_id}
            if len(people) < need.count:
                return Refused(rule=need.rule, message=wording.nobody_to_ask(need, len(people)))
        return None

    def may_act(self, request: Request) -> Decision:
        """May the open targets of this request be acted on now: before the start, and again before each host."""
        if pause := self.pause_switch.paused():
            return deny("paused", wording.paused(pause))
        requester, counted = self._people_of(request)
        return approvals.may_still_act(self.policy, request, requester, counted)

    def conditions_on(self, request: Request, target: Target) -> tuple[Condition, ...]:
        """Return what the rules want of the target in the moment of the act, for the host to compare."""
        requester, counted = self._people_of(request)
        return approvals.conditions_on(self.policy, request, requester, counted, target)

    @property
    def may_touch_console(self) -> bool:
        return self.policy.may_touch_console

    def may_press(self, request: Request, presser: Person) -> Decision:
        """Is the presser's yes, or no, worth anything for this request."""
        return approvals.may_press(request, presser)

    def may_explain(self, request: Request, presser: Person) -> Decision:
        """May the presser give the reason that `--force` lacks."""
        return approvals.may_explain(request, presser)

    def may_reshape(self, request: Request, presser: Person) -> Decision:
        """May the presser take targets out, or choose the gentler act."""
        return approvals.may_reshape(request, presser)

    def may_withdraw(self, request: Request, presser: Person) -> Decision:
        """May the presser cancel the request or stop its act."""
        return approvals.may_withdraw(request, presser)

    def tally(self, request: Request, required: Requirement, presser: Person) -> Tally:
        """Count the presser's yes with the earlier ones of people who still count."""
        earlier = [self.person(a) for a in request.counted if a.user_id != presser.actor.user_id]
        valid = [person for person in earlier if self.may_press(request, person).allowed]
        void = frozenset(p.actor.user_id for p in earlier) - {p.actor.user_id for p in valid}
        people = [*valid, presser]
        if not approvals.is_enough(required, request, people):
            return Tally(is_enough=False, void=void, decision=deny("not enough", ""))
        decision = approvals.may_still_act(self.policy, request, self.person(request.actor), people)
        return Tally(is_enough=True, void=void, decision=decision)

    def requirement_to_disconnect(self, request: Request) -> Requirement | Decision:
        """Return what it takes to disconnect the targets instead; a `Decision` is a no."""
        requester, place = self.person(request.actor), request.place
        sessions = [target.session for target in request.targets]
        for session in sessions:
            decision = evaluate.for_session(self.policy, requester, place, Action.DISCONNECT, session)
            if not decision.allowed:
                who = f"{session.account} on {session.host}"
                return deny(decision.rule, f"{who} may not be disconnected: {decision.message}.")
        return evaluate.requirement_for(self.policy, requester, place, Action.DISCONNECT, sessions)

    def _people_of(self, request: Request) -> tuple[Person, list[Person]]:
        """The requester and those who said yes, as they are now."""
        return self.person(request.actor), [self.person(actor) for actor in request.counted]
