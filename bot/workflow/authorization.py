"""The one place that decides whether a survey, a press or an act is allowed now, by the rules and the people of now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards import found, wording
from bot.cards.target_list import MOST_ASKED
from bot.domain.actions import Action, facts_of
from bot.domain.alone import AloneLimit
from bot.domain.events import Refused
from bot.policy import approvals, evaluate
from bot.policy.model import Decision, deny

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.conditions import Condition
    from bot.domain.people import Actor, Person, Place
    from bot.domain.request import Request, Target
    from bot.domain.requirement import Requirement
    from bot.domain.session import Session
    from bot.policy.in_force import InForce
    from bot.policy.model import Policy
    from bot.ports.clock import Clock
    from bot.ports.directory import Directory
    from bot.ports.ledger import Ledger
    from bot.ports.pause import PauseSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The result of one more yes on a request that awaits a press."""

    is_enough: bool  # every need is met by people who count now
    void: frozenset[str]  # user ids whose earlier yes no longer counts
    decision: Decision  # whether the act may begin; a no when `is_enough` is False
    serving: tuple[tuple[str, ...], ...]  # for each need the user ids of those whose yes counts for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """Decides by the rules, the directory, the pause and the rate limit. It remembers nothing between two calls.

    Every method that reads the database raises `LedgerError` when it cannot. Nothing is allowed then.
    """

    ledger: Ledger
    pause_switch: PauseSwitch
    directory: Directory
    in_force: InForce
    clock: Clock

    @property
    def policy(self) -> Policy:
        """The rules of now. A question that asks several of them reads this once."""
        return self.in_force.policy

    def person(self, actor: Actor) -> Person:
        """Return the actor with their user groups and their status of now."""
        return self.directory.person(actor)

    def may_survey(self, request: Request, requester: Person) -> Decision:
        """Return whether hosts may be contacted for this request at all."""
        if request.action is Action.AUDIT:
            return deny("no act", wording.READS_NO_COMPUTER)
        decision = evaluate.may_ask(self.policy, requester, request.place, request.action)
        only_looks = facts_of(request.action).only_reads or request.ask.whatif
        if decision.allowed and not only_looks and (pause := self.pause_switch.paused()):
            return deny("paused", wording.paused(pause))
        return self._within_limit(request, decision)

    def may_read_log(self, request: Request) -> Decision:
        """Return whether the audit log is read for this request: all of it, or what it says of their own requests."""
        decision = evaluate.may_read_log(self.policy, self.person(request.actor), request.place)
        return self._within_limit(request, decision)

    def _within_limit(self, request: Request, decision: Decision) -> Decision:
        """Return the decision; a no where an allowed request is one too many."""
        if not decision.allowed:
            return decision
        policy = self.policy
        asked = self.ledger.asked_since(request.actor.user_id, self.clock.now() - policy.max_requests_per)
        if asked > policy.max_requests:
            return deny("rate limit", self._too_often(request.actor))
        return decision

    def _too_often(self, actor: Actor) -> str:
        """Return the sentence for a requester above the limit, with the time until one more request is within it."""
        policy, now = self.policy, self.clock.now()
        most, within = policy.max_requests, policy.max_requests_per
        low, high = 0, int(within.total_seconds())
        while low < high:
            middle = (low + high) // 2
            is_over = self.ledger.asked_since(actor.user_id, now - within + timedelta(seconds=middle)) >= most
            low, high = (middle + 1, high) if is_over else (low, middle)
        return wording.too_often(most, within, timedelta(seconds=max(1, low)))

    def standing(self, actor: Actor, place: Place, action: Action) -> Decision:
        """Return whether the person counts and any rule names them, wherever and for whatever."""
        person, policy = self.person(actor), self.policy
        asked = evaluate.may_ask(policy, person, place, action)
        if not asked.allowed and evaluate.check_member(person).allowed and evaluate.is_named(policy, person):
            return Decision(allowed=True, rule=asked.rule)
        return asked

    def may_look_at(self, request: Request, requester: Person, host: str) -> bool:
        """Return whether this host may be contacted for the requester."""
        return evaluate.may_look(self.policy, requester, request.place, request.action, host)

    def may_do(self, person: Person, place: Place, action: Action, session: Session) -> Decision:
        """Return whether the person may ask for the action on this session here. The act itself is decided again."""
        policy = self.policy
        asked = evaluate.may_ask(policy, person, place, action)
        return evaluate.for_session(policy, person, place, action, session) if asked.allowed else asked

    def may_list(self, request: Request, host: str) -> bool:
        """Return whether the requester may know of every session on this host, by each name that the host has."""
        sessions = [target.session for target in request.targets if target.session.host == host]
        return evaluate.may_list(self.policy, self.person(request.actor), request.place, host, sessions)

    def lets_list(self, actor: Actor, place: Place, session: Session) -> bool:
        """Return whether this person, in this place, may know of the session: the right to list, where it is."""
        person = self.person(actor)
        return evaluate.check_member(person).allowed and evaluate.may_list(
            self.policy, person, place, session.host, (session,)
        )

    def alone_limit(self, request: Request, targets: Sequence[Target]) -> AloneLimit:
        """Return how many sessions the requester may act on alone, and what it takes to act on these above that."""
        policy, requester, place = self.policy, self.person(request.actor), request.place
        sessions = [target.session for target in targets]
        second = evaluate.with_second_person(policy, requester, place, request.action, sessions)
        above = self.with_called(request, approvals.met_by_both(second, request.requirement))
        nobody = self.nobody_to_ask(request, above)
        too_many = found.split_up(targets) if len(targets) > MOST_ASKED else ""
        return AloneLimit(
            most=policy.second_person_above,
            within=policy.second_person_window,
            above=above,
            nobody=nobody.message if nobody else too_many,
        )

    def nobody_to_ask(self, request: Request, required: Requirement | None) -> Refused | None:
        """Return the refusal when too few people exist who could say yes; None when there are enough."""
        for need in required.needs if required and not required.is_forced else ():
            people = self.directory.members_of(need.of)
            people = people if need.requester_counts else people - {request.actor.user_id}
            if len(people) < need.count:
                return Refused(rule=need.rule, message=wording.nobody_to_ask(need, len(people)))
        return None

    def with_called(self, request: Request, required: Requirement) -> Requirement:
        """Return the requirement with the number of people besides the requester that its card calls.

        It is unknown when the chat names no member of one of the groups.
        """
        reached = [self.directory.members_of(frozenset({name})) for name in required.whom_to_call]
        people = frozenset().union(*reached) - {request.actor.user_id}
        return replace(required, called=len(people) if all(reached) else None)

    def may_act(self, request: Request) -> Decision:
        """Return whether the bot may act on the open targets now. Asked before the start and again before each host."""
        if pause := self.pause_switch.paused():
            return deny("paused", wording.paused(pause))
        requester, counted = self._people_of(request)
        return approvals.may_still_act(self.policy, request, requester, counted)

    def conditions_on(self, request: Request, target: Target) -> tuple[Condition, ...]:
        """Return the conditions of the rules on the target. The host compares them right before the act."""
        requester, counted = self._people_of(request)
        return approvals.conditions_on(self.policy, request, requester, counted, target)

    def may_still_warn(self, request: Request, targets: Sequence[Target]) -> frozenset[tuple[str, int]]:
        """Return the keys of those who get the requester's own text: as their card said, where a rule lets it now."""
        own = [target for target in targets if target.own_warning]
        requester = self.person(request.actor) if own else None
        return frozenset(
            target.key
            for target in own
            if requester
            and evaluate.for_session(self.policy, requester, request.place, Action.MESSAGE, target.session).allowed
        )

    @property
    def may_touch_console(self) -> bool:
        """Whether the policy lets rules cover sessions at the console."""
        return self.policy.may_touch_console

    def may_press(self, request: Request, presser: Person) -> Decision:
        """Return whether the presser's yes, or no, counts for this request."""
        return approvals.may_press(request, presser)

    def may_explain(self, request: Request, presser: Person) -> Decision:
        """Return whether the presser may give the reason that `--force` lacks."""
        return approvals.may_explain(request, presser)

    def may_reshape(self, request: Request, presser: Person) -> Decision:
        """Return whether the presser may take targets out or choose the gentler act."""
        return approvals.may_reshape(request, presser)

    def may_withdraw(self, request: Request, presser: Person) -> Decision:
        """Return whether the presser may cancel the request or stop its act."""
        return approvals.may_withdraw(request, presser)

    def tally(self, request: Request, required: Requirement, presser: Person) -> Tally:
        """Return the result of the presser's yes, together with the earlier yes of each person who still counts."""
        earlier = [self.person(a) for a in request.counted if a.user_id != presser.actor.user_id]
        valid = [person for person in earlier if self.may_press(request, person).allowed]
        void = frozenset(p.actor.user_id for p in earlier) - {p.actor.user_id for p in valid}
        people = [*valid, presser]
        serving = approvals.serving_of(required, request, people)
        if not approvals.is_enough(required, request, people):
            return Tally(is_enough=False, void=void, decision=deny("not enough", ""), serving=serving)
        decision = approvals.may_still_act(self.policy, request, self.person(request.actor), people)
        return Tally(is_enough=True, void=void, decision=decision, serving=serving)

    def requirement_to_disconnect(self, request: Request) -> Requirement | Decision:
        """Return what it takes to disconnect the targets instead of logging them off; a `Decision` is a no."""
        policy, requester, place = self.policy, self.person(request.actor), request.place
        sessions = [target.session for target in request.targets]
        for session in sessions:
            decision = evaluate.for_session(policy, requester, place, Action.DISCONNECT, session)
            if not decision.allowed:
                who = f"{session.account} on {session.host}"
                return deny(decision.rule, f"{who} may not be disconnected: {decision.message}.")
        return evaluate.requirement_for(policy, requester, place, Action.DISCONNECT, sessions)

    def _people_of(self, request: Request) -> tuple[Person, list[Person]]:
        """Return the requester and the people who said yes, with their groups and status of now."""
        return self.person(request.actor), [self.person(actor) for actor in request.counted]
