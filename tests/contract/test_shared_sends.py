"""Replicas tell each other over PostgreSQL what each person has sent: one person has one limit at all of them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest
from structlog.testing import capture_logs

from adapters.sql.database_url import for_libpq
from adapters.sql.shared_sends import CHANNEL, KEPT, LONGEST_ID, MOST, PEOPLE, SharedSends
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()"
)
FULL = {f"U{number:010}": 1 for number in range(3 * PEOPLE + 1)}


class Replica:
    """What one replica took and has not told, and what the others told it."""

    def __init__(self, url: str) -> None:
        self.taken: dict[str, int] = {}
        self.heard: dict[str, int] = {}
        self.sends = SharedSends(for_libpq(url), self._untold, self._hear)

    def _untold(self) -> dict[str, int]:
        told, self.taken = self.taken, {}
        return told

    def _hear(self, user_id: str, count: int) -> None:
        self.heard[user_id] = self.heard.get(user_id, 0) + count

    def has_heard(self, wanted: dict[str, int]) -> bool:
        self.sends.exchange()
        return self.heard == wanted


@pytest.fixture(scope="module")
def url(new_postgresql: Callable[[], str]) -> str:
    return new_postgresql()


@pytest.fixture
def replicas(url: str) -> Iterator[list[Replica]]:
    with ExitStack() as stack:
        found = [Replica(url) for _ in range(3)]
        for each in found:
            stack.callback(each.sends.close)
            each.sends.exchange()
        yield found


def announce(url: str, payload: str) -> None:
    with psycopg.connect(for_libpq(url), autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))


def test_each_replica_hears_what_the_others_took_and_nothing_of_itself(replicas: list[Replica]) -> None:
    one, two, three = replicas
    one.taken, two.taken = {"U1": 3, "U2": 1}, {"U1": 4}
    one.sends.exchange()
    two.sends.exchange()
    wait_until(lambda: three.has_heard({"U1": 7, "U2": 1}))
    wait_until(lambda: one.has_heard({"U1": 4}))
    wait_until(lambda: two.has_heard({"U1": 3, "U2": 1}))
    assert all(each.has_heard(dict(each.heard)) for each in replicas)
    assert one.taken == two.taken == {}


def test_many_people_are_told_of_in_several_announcements(replicas: list[Replica]) -> None:
    one, two, _ = replicas
    one.taken = dict(FULL)
    one.sends.exchange()
    wait_until(lambda: two.has_heard(FULL))


def test_an_id_that_is_none_breaks_no_announcement(replicas: list[Replica]) -> None:
    one, two, _ = replicas
    one.taken = {"U" * 9_000: 1, "\x00": 1, "\ud800": 1, "ü" * LONGEST_ID: 1, "U1": 1}
    one.sends.exchange()
    wait_until(lambda: two.has_heard({"U1": 1, "ü" * LONGEST_ID: 1, "\x00": 1, "\ud800": 1}))


@pytest.fixture
def no_notifications(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let each connection end before it announces anything, until this is undone."""
    execute = psycopg.Connection.execute

    def ends(self: psycopg.Connection[object], query: str | bytes, *values: object) -> object:
        if "pg_notify" in str(query):
            self.close()
        return execute(self, query, *values)  # type: ignore[call-overload] # as it was called

    monkeypatch.setattr(psycopg.Connection, "execute", ends)
    return monkeypatch


def test_for_a_server_that_takes_no_announcement_not_all_are_kept(
    replicas: list[Replica], no_notifications: pytest.MonkeyPatch
) -> None:
    one, two, _ = replicas
    for number in range(2 * KEPT):
        one.taken = {f"U{number}": 1}
        one.sends.exchange()
    no_notifications.undo()
    one.sends.exchange()
    wait_until(lambda: two.has_heard({f"U{number}": 1 for number in range(KEPT, 2 * KEPT)}))


def test_what_could_not_be_told_is_told_first_the_next_time(
    replicas: list[Replica], no_notifications: pytest.MonkeyPatch
) -> None:
    one, two, _ = replicas
    one.taken = {"U1": 3}
    one.sends.exchange()
    no_notifications.undo()
    assert one.taken == {}
    one.taken = {"U1": 4}
    one.sends.exchange()
    wait_until(lambda: two.has_heard({"U1": 7}))


def test_the_server_says_which_announcements_are_its_own(
    url: str, replicas: list[Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler, which tells the client a number of its own."""
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 4711)
    new = Replica(url)
    try:
        new.taken = {"U1": 3}
        for _ in range(3):
            new.sends.exchange()
        announce(url, json.dumps({"U2": 1}))
        wait_until(lambda: new.has_heard({"U2": 1}))
    finally:
        new.sends.close()
    wait_until(lambda: replicas[0].has_heard({"U1": 3, "U2": 1}))


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{",
        "[]",
        "[" * 7000,
        "7",
        "null",
        '{"U1": "9"}',
        '{"U1": -9}',
        '{"U1": 0}',
        '{"U1": true}',
        '{"U1": 1e9}',
        "[[1, 2]]",
    ],
)
def test_what_is_no_announcement_says_nothing(url: str, replicas: list[Replica], payload: str) -> None:
    announce(url, payload)
    announce(url, json.dumps({"U9": 1}))
    wait_until(lambda: replicas[0].has_heard({"U9": 1}))


def test_of_one_person_no_more_is_believed_than_the_highest_limit(url: str, replicas: list[Replica]) -> None:
    announce(url, json.dumps({"U1": 10**30}))
    wait_until(lambda: replicas[0].has_heard({"U1": MOST}))


def test_what_was_taken_while_the_connection_is_away_is_told_later(url: str, replicas: list[Replica]) -> None:
    one, two, _ = replicas
    with psycopg.connect(for_libpq(url), autocommit=True) as connection:
        found = connection.execute(END_ALL).fetchall()
    assert len(found) == len(replicas)
    one.taken = {"U1": 3}
    with capture_logs() as logs:
        one.sends.exchange()
        two.sends.exchange()
    assert [each["event"] for each in logs] == ["sends.not_told"] * 2
    assert one.taken == {"U1": 3}
    two.sends.exchange()
    one.sends.exchange()
    wait_until(lambda: two.has_heard({"U1": 3}))


def test_a_database_that_is_not_there_keeps_nobody_waiting() -> None:
    replica = Replica("postgresql+psycopg://nobody@127.0.0.1:1/none")
    replica.taken = {"U1": 1}
    with capture_logs() as logs:
        for _ in range(3):
            replica.sends.exchange()
    assert [each["event"] for each in logs] == ["sends.not_told"]
    assert replica.taken == {"U1": 1}
