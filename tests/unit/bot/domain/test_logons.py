"""What a credential's standing becomes, and whom it lets try."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.logons import NEW, Standing, Suspension, Turn
from tests.support.cases import for_each

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=10)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def turn(host: str, token: str = "", at: datetime = NOW) -> Turn:
    return Turn(host=host, token=token, until=at + 3 * SECOND)


def accepted(standing: Standing, host: str, at: datetime = NOW, token: str = "") -> Standing:
    return standing.accepted(host, token, at, times_refused=standing.times_refused)


def refused(standing: Standing, host: str, at: datetime = NOW, token: str = "") -> Standing:
    return standing.refused(host, token, at, window=WINDOW)


def test_a_new_credential_is_not_proven_and_stops_nobody() -> None:
    assert not NEW.is_proven(NOW)
    assert not NEW.is_tried(NOW)
    assert NEW.suspension_at("comp1", NOW) is None


def test_an_acceptance_counts_for_who_began_before_it_and_for_nobody_who_began_later() -> None:
    standing = accepted(NEW, "comp1")
    assert standing.is_proven(NOW)
    assert standing.is_proven(NOW - MINUTE)
    assert not standing.is_proven(NOW + SECOND)


def test_one_has_the_turn_until_its_end() -> None:
    first = NEW.taken(turn("comp1", "a"), NOW, since=NOW, window=WINDOW)
    assert first.turn == turn("comp1", "a")
    assert first.taken(turn("comp2", "b"), NOW + 2 * SECOND, since=NOW, window=WINDOW) == first
    at = NOW + 3 * SECOND
    assert first.taken(turn("comp2", "b", at), at, since=NOW, window=WINDOW).turn == turn("comp2", "b", at)


def test_a_turn_without_an_answer_is_a_refusal_of_its_host_from_its_end_on() -> None:
    first, end = NEW.taken(turn("comp1", "a"), NOW, since=NOW, window=WINDOW), NOW + 3 * SECOND
    assert first.taken(turn("comp1", "b", end), end, since=NOW, window=WINDOW).turn is None
    second = first.taken(turn("comp2", "b", end), end, since=NOW, window=WINDOW)
    assert second.suspension_at("comp1", end) == Suspension(until=end + WINDOW, refused_at=end)
    assert second.suspended_until is None
    third = second.taken(turn("comp3", "c", end + MINUTE), end + MINUTE, since=NOW, window=WINDOW)
    assert (third.turn, third.suspended_until) == (None, end + 3 * SECOND + WINDOW)


def test_a_refusal_elsewhere_is_the_second_after_a_turn_without_an_answer() -> None:
    standing = NEW.taken(turn("comp1", "a"), NOW, since=NOW, window=WINDOW)
    assert refused(standing, "comp2", NOW + MINUTE).suspended_until == NOW + MINUTE + WINDOW
    assert refused(standing, "comp1", NOW + MINUTE, token="a").suspended_until is None


def test_a_turn_whose_refusal_would_be_over_is_forgotten() -> None:
    standing, later = NEW.taken(turn("comp1", "a"), NOW, since=NOW, window=WINDOW), NOW + 2 * WINDOW
    again = standing.taken(turn("comp1", "b", later), later, since=NOW, window=WINDOW)
    assert (again.turn, again.refusals) == (turn("comp1", "b", later), ())


def test_a_proven_credential_needs_no_turn() -> None:
    standing = accepted(NEW, "comp1")
    assert standing.taken(turn("comp2"), NOW, since=NOW, window=WINDOW) == standing


def test_an_answer_ends_its_own_turn_and_no_other() -> None:
    standing = NEW.taken(turn("comp1", "mine"), NOW, since=NOW, window=WINDOW)
    assert refused(standing, "comp1", token="mine").turn is None
    assert accepted(standing, "comp1", token="mine").turn is None
    assert standing.given_back("mine").turn is None
    assert refused(standing, "comp2", token="late").turn == standing.turn
    assert standing.given_back("late").turn == standing.turn
    assert accepted(standing, "comp2", token="late").turn == standing.turn


def test_one_refusal_stops_that_host_alone_for_the_window() -> None:
    standing = refused(NEW, "comp1")
    stop = standing.suspension_at("comp1", NOW + WINDOW - SECOND)
    assert stop is not None
    assert (stop.until, stop.refused_at) == (NOW + WINDOW, NOW)
    assert standing.suspension_at("comp1", NOW + WINDOW) is None
    assert standing.suspension_at("comp2", NOW) is None


def test_a_refusal_ends_the_proof() -> None:
    assert not refused(accepted(NEW, "comp1"), "comp2").is_proven(NOW)


def test_an_acceptance_elsewhere_leaves_the_host_that_refused_stopped() -> None:
    standing = accepted(refused(NEW, "comp1"), "comp2")
    assert standing.is_proven(NOW)
    assert standing.suspension_at("comp1", NOW) is not None


def test_an_acceptance_by_the_host_itself_frees_it() -> None:
    assert accepted(refused(NEW, "comp1"), "comp1").suspension_at("comp1", NOW) is None


def test_two_refusals_at_different_hosts_stop_every_host_for_the_window() -> None:
    standing = refused(refused(NEW, "comp1"), "comp2", NOW + MINUTE)
    stop = standing.suspension_at("comp3", NOW + MINUTE)
    assert stop is not None
    assert (stop.until, stop.refused_at) == (NOW + MINUTE + WINDOW, None)
    assert standing.taken(turn("comp3"), NOW + MINUTE, since=NOW, window=WINDOW) == standing
    assert standing.suspension_at("comp3", stop.until) is None


def test_two_refusals_at_one_host_are_one() -> None:
    assert refused(refused(NEW, "comp1"), "comp1", NOW + MINUTE).suspended_until is None


def test_two_refusals_with_an_acceptance_between_stop_their_hosts_alone() -> None:
    standing = refused(accepted(refused(NEW, "comp1"), "comp2"), "comp3")
    assert standing.suspended_until is None
    assert [standing.suspension_at(f"comp{each}", NOW) is not None for each in (1, 2, 3, 4)] == [
        True,
        False,
        True,
        False,
    ]


def test_two_refusals_further_apart_than_the_window_are_two_single_ones() -> None:
    later = NOW + WINDOW
    standing = refused(refused(NEW, "comp1"), "comp2", later)
    assert standing.suspended_until is None
    assert standing.suspension_at("comp1", later) is None


def test_the_first_turn_after_the_window_forgets_what_is_over() -> None:
    later = NOW + WINDOW
    standing = refused(refused(NEW, "comp1"), "comp2").taken(turn("comp3", at=later), later, since=NOW, window=WINDOW)
    assert (standing.suspended_until, standing.refusals) == (None, ())
    assert not standing.is_proven(NOW)


@for_each("host", ["comp1", "comp2", "comp3"])
@for_each("times_refused", [0, 1])
def test_an_acceptance_that_began_before_a_refusal_changes_nothing(host: str, times_refused: int) -> None:
    """The password may have changed between."""
    suspended = refused(refused(NEW, "comp1"), "comp2")
    assert suspended.accepted(host, "", NOW, times_refused=times_refused) == suspended


def test_an_acceptance_that_began_before_one_refusal_is_none_between_it_and_the_next() -> None:
    standing = refused(NEW, "comp1").accepted("comp3", "", NOW, times_refused=0)
    assert not standing.is_proven(NOW)
    assert refused(standing, "comp2").suspended_until == NOW + WINDOW


def test_a_late_acceptance_still_ends_its_own_turn() -> None:
    standing = refused(NEW.taken(turn("comp1", "mine"), NOW, since=NOW, window=WINDOW), "comp2")
    assert standing.accepted("comp1", "mine", NOW, times_refused=0) == replace(standing, turn=None)


def test_an_acceptance_is_news_when_it_proves_frees_or_breaks_a_row_of_refusals() -> None:
    proven = accepted(NEW, "comp1")
    one = refused(proven, "comp2")
    settled = one.accepted("comp3", "", NOW, times_refused=1)
    assert NEW.is_news(times_refused=0, since=NOW)
    assert not proven.is_news(times_refused=0, since=NOW)
    assert one.is_news(times_refused=1, since=NOW)
    assert not one.is_news(times_refused=0, since=NOW)
    assert not settled.is_news(times_refused=1, since=NOW)
    assert settled.is_news(times_refused=1, since=NOW + SECOND)
