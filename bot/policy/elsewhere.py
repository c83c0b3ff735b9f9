"""Whether approvers may be asked in another channel than the one where a command was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.policy.model import matches

if TYPE_CHECKING:
    from bot.domain.actions import Action
    from bot.domain.ask import Ask
    from bot.domain.people import Person, Place
    from bot.policy.model import Policy


def may_be_asked_elsewhere(policy: Policy, person: Person, place: Place, action: Action, ask: Ask) -> bool:
    """Return whether a rule may send the card to another channel. Before the survey nobody knows which rules decide.

    A rule without approvers of its own asks others only where the sessions are too many for one person.
    """
    is_few = ask.ids and ask.ids.count * len(ask.hosts) <= policy.second_person_above
    return any(
        rule.is_for(person, place, action)
        and rule.approve_in not in ("", place.channel_id)
        and (rule.need is not None or not is_few)
        and any(matches(rule.computers, host) for host in ask.hosts)
        for rule in policy.rules
    )
