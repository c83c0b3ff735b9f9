"""The looks of a survey: at the hosts where a rule lets the requester look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards import wording
from bot.errors import NotAllowed
from bot.workflow.looks import Look

if TYPE_CHECKING:
    from bot.domain.people import Person
    from bot.domain.request import Request
    from bot.workflow.steps import Workflow

SURVEY_SPARE = timedelta(seconds=10)
"""How much sooner than the request the looks of its survey end, so that what they saw can still be recorded."""


def look_where_allowed(workflow: Workflow, request: Request, requester: Person) -> list[Look]:
    """Return one look for each host. A host that no rule lets the requester look at is not contacted.

    Who named no computer asked only about those that they may list.
    """
    allowed = [host for host in request.ask.hosts if workflow.authorizer.may_look_at(request, requester, host)]
    until = request.expires_at - SURVEY_SPARE
    looks = {look.host: look for look in workflow.hosts.look_at(request.id, allowed, until=until)}
    for host in request.ask.hosts:
        if host not in looks and not request.ask.everywhere:
            error = NotAllowed(wording.not_allowed(host), host=host)
            looks[host] = Look(host=host, at=workflow.clock.now(), error=error)
    return [looks[host] for host in request.ask.hosts if host in looks]
