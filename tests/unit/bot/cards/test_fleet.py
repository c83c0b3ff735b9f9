"""Many computers: totals on the card while they work, and the outcome of each in its thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.cards import fleet, request_card
from bot.domain import events as e
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b
from tests.support import samples
from tests.support.harness import text_of

if TYPE_CHECKING:
    from bot.domain.request import Request


def running(hosts: int, ended: dict[int, e.TargetEnded]) -> Request:
    names = tuple(f"rds-{number}" for number in range(1, hosts + 1))
    sessions = [b.session(3, host=name, account=Account(domain="CORP", user=name)) for name in names]
    request = samples.after(samples.surveyed(samples.asked(hosts=names), *sessions), b.approved(), b.started())
    started = [e.HostStarted(host=name) for name in names]
    return samples.after(request, *started, *ended.values())


def end(number: int, verdict: Verdict, reason: Reason | None = None, note: str = "") -> e.TargetEnded:
    return e.TargetEnded(key=(f"rds-{number}", 3), verdict=verdict, reason=reason, note=note)


def ends(of: range, *silent: int) -> dict[int, e.TargetEnded]:
    quiet = {n: end(n, Verdict.UNREACHABLE, Reason.HOST_ERROR, f"rds-{n} did not answer in time.") for n in silent}
    return {n: end(n, Verdict.GONE) for n in of} | quiet


def test_a_fleet_shows_how_many_computers_are_done_and_which_did_not_answer() -> None:
    request = running(200, ends(range(1, 142), 199, 200))
    assert "143 of 200 computers done, 2 did not answer" in text_of(request_card.build(request))


@pytest.mark.parametrize(("hosts", "shows"), [(3, False), (4, True)])
def test_a_few_computers_need_no_totals(hosts: int, *, shows: bool) -> None:
    request = running(hosts, ends(range(1, 2)))
    assert (f"1 of {hosts} computers done" in text_of(request_card.build(request))) is shows
    assert (fleet.by_host(request) is not None) is shows


def test_the_outcome_by_computer_has_what_went_wrong_first() -> None:
    back = {2: end(2, Verdict.CHANGED, Reason.CAME_BACK)}
    request = samples.after(running(5, ends(range(3, 6), 1) | back), e.Ended())
    card = fleet.by_host(request)
    assert card
    assert text_of(card).splitlines() == [
        "By computer: Logged off 3 of 5 on 5 computers (TS-AAAAAA)",
        "❌ rds-1  did not answer",
        "✋ rds-2  1 came back",
        "✅ 3 logged off on 3 computers: rds-3, rds-4, rds-5",
    ]


def test_a_very_large_fleet_is_counted_and_stays_one_message() -> None:
    request = samples.after(running(400, ends(range(201, 401), *range(1, 201))), e.Ended())
    card = fleet.by_host(request)
    assert card
    said = text_of(card)
    assert "and 140 more computers" in said
    assert "and 100 more" in said
    assert len(said) < 8000
