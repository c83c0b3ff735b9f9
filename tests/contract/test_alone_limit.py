"""What every ledger counts of a person's own acts, in the transaction that would begin the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain import events as e
from bot.domain.alone import TOUCHED, sessions_alone
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.domain.verdicts import Verdict
from tests.contract import writers
from tests.contract.writers import LIMIT
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.sql.ledger import SqlLedger
    from bot.domain.request import Request, Target
    from bot.ports.store import Store
    from tests.fakes.clock import SettableClock

SAID = "You have logged 10 people off alone in the last 10 minutes; above 10 a second person is needed."


def ten(host: str = "comp1") -> list[Target]:
    return [b.target(number, host=host) for number in range(1, 11)]


def open_next(ledger: Store, **changes: object) -> Request:
    number = f"TS-{len(ledger.newest(100))}"
    return ledger.open(b.request(number, **changes))


def force(ledger: Store, targets: list[Target], *, window: timedelta = LIMIT.within, **changes: object) -> Request:
    forced = b.surveyed(*targets, requirement=b.requirement(confirm=Confirm.NOBODY))
    return ledger.record(open_next(ledger, **changes).id, forced, limit=replace(LIMIT, within=window))


def finish(ledger: Store, request: Request, verdict: Verdict) -> Request:
    ledger.record(request.id, b.started())
    for target in request.targets:
        ledger.record(request.id, e.TargetEnded(key=target.key, verdict=verdict))
    ledger.record(request.id, e.Ended())
    ended = ledger.find(request.id)
    assert ended is not None
    return ended


def test_up_to_the_limit_it_is_ready_and_above_it_others_are_asked(ledger: Store) -> None:
    first = force(ledger, ten())
    second = force(ledger, [b.target(11)])
    assert (first.state, first.alone) == (State.READY, True)
    assert (second.state, second.alone, second.message) == (State.AWAITING, False, SAID)
    assert second.requirement == replace(LIMIT.above, message=SAID)
    assert second.expires_at == b.NOW + LIMIT.above.expires_after
    assert ledger.find(second.id) == second


def test_the_deciding_yes_of_the_requester_counts_and_is_not_recorded_as_one(ledger: Store) -> None:
    force(ledger, ten())
    request = open_next(ledger)
    ledger.record(request.id, b.surveyed())
    after = ledger.record(request.id, b.approved(), limit=LIMIT)
    assert (after.state, after.counted, after.decided_by, after.message) == (State.AWAITING, (), None, SAID)
    assert ledger.entries()[-1].event == "second_person_needed"
    decided = ledger.record(request.id, b.approved(on_version=after.version, by=b.OTHER), limit=LIMIT)
    assert (decided.state, decided.alone) == (State.READY, False)


def test_another_persons_yes_and_another_persons_acts_do_not_count(ledger: Store) -> None:
    first = open_next(ledger)
    ledger.record(first.id, b.surveyed(*ten()))
    ledger.record(first.id, b.approved(by=b.OTHER), limit=LIMIT)
    force(ledger, ten(), actor=b.OTHER)
    assert force(ledger, ten()).state is State.READY


@pytest.mark.parametrize("verdict", Verdict)
def test_in_the_end_only_what_was_touched_counts(ledger: Store, verdict: Verdict) -> None:
    ended = finish(ledger, force(ledger, ten()), verdict)
    assert sessions_alone(ended, b.NOW) == (10 if verdict in TOUCHED else 0)
    assert (force(ledger, ten()).state is State.AWAITING) == (verdict in TOUCHED)


@pytest.mark.parametrize("event", [e.Cancelled(by=b.ASKER, on_version=2), e.Refused(rule="r", message="no")])
def test_what_ended_before_it_began_does_not_count(ledger: Store, event: e.Event) -> None:
    ledger.record(force(ledger, ten()).id, event)
    assert force(ledger, ten()).state is State.READY


def test_what_is_over_counts_within_the_window_and_what_is_under_way_always(
    ledger: Store, clock: SettableClock
) -> None:
    assert finish(ledger, force(ledger, ten()), Verdict.GONE).ending is Ending.DONE
    clock.move(LIMIT.within)
    late = clock.now() + timedelta(days=1)
    assert force(ledger, ten(), expires_at=late).state is State.AWAITING
    clock.move(timedelta(microseconds=1))
    under_way = force(ledger, ten(), expires_at=late)
    assert under_way.state is State.READY
    clock.move(timedelta(hours=5))
    assert force(ledger, [b.target(11)], expires_at=late).state is State.AWAITING


def test_without_a_limit_nothing_is_counted(ledger: Store) -> None:
    force(ledger, ten())
    request = open_next(ledger)
    ledger.record(request.id, b.surveyed(*ten()))
    assert ledger.record(request.id, b.approved()).state is State.READY


def test_where_nobody_could_say_yes_it_is_refused(ledger: Store) -> None:
    force(ledger, ten())
    alone = replace(LIMIT, nobody="Nobody could approve it.")
    forced = b.surveyed(requirement=b.requirement(confirm=Confirm.NOBODY))
    refused = ledger.record(open_next(ledger).id, forced, limit=alone)
    assert (refused.ending, refused.message) == (Ending.REFUSED, f"{SAID} Nobody could approve it.")
    card = open_next(ledger)
    ledger.record(card.id, b.surveyed())
    assert ledger.record(card.id, b.approved(), limit=alone).ending is Ending.REFUSED


@pytest.mark.parametrize("act", [writers.forces, writers.confirms])
def test_of_two_processes_at_the_same_moment_one_begins_and_one_asks(
    url: str, sql_ledger: SqlLedger, act: Callable[[str, int], tuple[str, str]]
) -> None:
    for number in range(2):
        sql_ledger.open(b.request(f"TS-{number}"))
        if act is writers.confirms:
            sql_ledger.record(f"TS-{number}", b.surveyed(*ten(f"host{number}")))
    answers = writers.at_once(act, url, 2)
    assert sorted(answers) == [("awaiting", SAID), ("ready", "")]
    assert sum(sessions_alone(request, b.NOW) for request in sql_ledger.newest(9)) == 10
