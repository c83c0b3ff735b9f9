"""The checks of the rules: those of `policy check`, as far as Slack answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config.oddities import oddities
from app.config.slips import imagined
from app.doctor.check import Area, Reporter
from app.slack_view import open_slack
from bot.errors import ChatError
from bot.policy.approvals import named_in
from bot.policy.lint import lint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings
    from app.doctor.check import Check

RULES, PEOPLE = "rules", "people"
_REPORT = Reporter(area=Area.POLICY)
_PAGE = "docs/policy.md has each key. After the change run: logoff-bot policy check"


def policy_checks(settings: Settings, *, knows_people: bool, faulty: frozenset[str]) -> Iterator[Check]:
    """Yield the checks. `faulty` are groups that have a row of their own; here they count as full.

    `knows_people`: Slack tells of people and groups. Otherwise all of them count as full.
    """
    policy = settings.policy()
    named = named_in(policy)
    known, full, directory = named, named, None
    if knows_people:
        try:
            directory = open_slack(settings).directory
        except ChatError as error:
            yield _REPORT.refused(PEOPLE, error)
        else:
            known, full = directory.known_groups | faulty, faulty

    def members(names: frozenset[str]) -> frozenset[str]:
        return imagined(names & full) | (directory.members_of(names) if directory else frozenset())

    faults = [*lint(policy, members, known), *oddities(settings)]
    for fault in faults:
        yield _REPORT.failed(RULES, fault, _PAGE)
    if not faults:
        people = "" if directory else ", as far as they can be checked without their people"
        yield _REPORT.ok(RULES, f"{len(policy.rules)} in all, and each of them can work{people}")
