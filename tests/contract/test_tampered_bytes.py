"""Whatever bytes somebody writes into a column of a request: nobody is touched, unless the row still says the same.

SQLite takes any bytes in any column, also those that are no text.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from adapters.sql.columns import Moment, Words
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.tables import target
from bot.commands import ASK_TYPES
from bot.domain.people import Actor
from tests.contract.row_changes import HARMLESS, TABLES, first_row, writing
from tests.contract.row_scenes import KEY, SCENES, Scene, play, play_honestly, sqlite_in
from tests.fakes.clock import SettableClock
from tests.support.builders import NOW
from tests.support.effort import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Column

    from bot.domain.request import Request

    Edit = Callable[[bytes], bytes]

DOCUMENTS = (
    *("actor", "place", "ask", "excluded", "reason_asked", "requirement", "counted", "serving", "decided_by"),
    *("message_ref", "postings", "voided", "session"),
)
"""Columns that hold JSON."""

IN_BYTES = [column for table in TABLES for column in table.columns if isinstance(column.type, (Words, Moment))]
IN_JSON = [column for column in IN_BYTES if column.name in DOCUMENTS]
DECIDED = [column for column in IN_JSON if column.name not in HARMLESS[column.table.name]]
FRAGMENTS = (
    *(b"null", b"true", b"false", b"0", b"-1", b"1e9", b"[]", b"{}", b'""', b",", b":", b'"', b"]", b"}", b" "),
    *(b'"force":true,', b'"whatif":false,', b'"even_if_active":true,', b'"confirm":"nobody",', b'"needs":[],'),
    *(
        b'"U0EVE"',
        b'"user_id":"U0BO",',
        b'"id":7,',
        b'{"user_id":"U0CHEN","name":"chen"},',
        b"\0",
        b"\xff",
        b"\xc0\x80",
    ),
)
WORDS = ("U0EVE", "U0BO", "U0CHEN", "comp2", "nobody", "at_once", "all", "PT0S", "carol", "")

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))


def replaced(now: bytes, at: int, length: int, put: bytes) -> bytes:
    at %= len(now) + 1
    return now[:at] + put + now[at + length :]


def with_another_value(now: bytes, which: int, other: Callable[[Any], Any]) -> bytes:
    """The document with another value at one of its places, the whole of it among them."""
    document = {"": json.loads(now or b"null")}
    places = places_in(document)
    inside, key = places[which % len(places)]
    inside[key] = other(inside[key])
    return json.dumps(document[""]).encode()


def alike(value: Any, number: int, word: str) -> Any:
    """Another value of the same kind, which is more likely to be read."""
    match value:
        case bool():
            return not value
        case int():
            return value + number
        case list():
            return value[: number % (len(value) + 1)]
        case dict():
            return {key: inside for at, (key, inside) in enumerate(value.items()) if at != number % len(value)}
        case _:
            return word


def places_in(inside: Any) -> list[tuple[Any, Any]]:
    keys = list(inside) if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ()
    return [place for key in keys for place in ((inside, key), *places_in(inside[key]))]


places, numbers = st.integers(0, 1000), st.integers(-9, 9)
words = st.sampled_from(WORDS) | st.text(max_size=4)
puts = st.sampled_from(FRAGMENTS) | st.binary(max_size=6)
edits = st.builds(
    lambda at, length, put: partial(replaced, at=at, length=length, put=put), places, st.integers(0, 20), puts
)
values_alike = st.builds(lambda number, word: partial(alike, number=number, word=word), numbers, words)
alikes = st.builds(lambda which, other: partial(with_another_value, which=which, other=other), places, values_alike)
leaves = st.builds(lambda which, value: partial(with_another_value, which=which, other=lambda _: value), places, values)
anything = st.binary(max_size=40).map(lambda put: lambda _: put)
changes = (
    st.tuples(st.sampled_from(DECIDED), alikes)
    | st.tuples(st.sampled_from(IN_JSON), leaves | edits)
    | st.tuples(st.sampled_from(IN_BYTES), edits | anything)
)


def meaning(url: str) -> Any:
    """What the bot reads in the rows of the request."""
    engine = open_database(url)
    try:
        with engine.connect() as connection:
            request_id = connection.execute(text("SELECT id FROM request")).scalar_one()
        found = SqlLedger(engine, SettableClock(NOW), KEY, ASK_TYPES).find(request_id)
        return found and without_names(found)
    except Exception as error:  # noqa: BLE001 - a row that cannot be read says nothing
        return repr(error)
    finally:
        engine.dispose()


def without_names(request: Request) -> Request:
    """Without what only the card says of a yes: the name beside the user id, the order, and which need it serves.

    A user id that is not in the record is found wherever it stands; `test_a_changed_row_touches_nobody` tries that.
    """
    counted = tuple(Actor(user_id=user_id, name="") for user_id in sorted(one.user_id for one in request.counted))
    decided_by = request.decided_by and replace(request.decided_by, name="")
    return replace(request, counted=counted, decided_by=decided_by, serving=())


class Writer:
    """Writes the bytes, and notes whether the rows say the same as before."""

    def __init__(self, column: Column[Any], edit: Edit) -> None:
        self.column, self.edit = column, edit
        self.says_the_same = False

    def __call__(self, url: str) -> None:
        column, before = self.column, meaning(url)
        with writing(url) as connection:
            assume(connection.execute(select(column.table)).first())
            first = first_row(connection, column.table)
            as_bytes = text(f'CAST("{column.name}" AS BLOB)')
            now = connection.execute(select(as_bytes).select_from(column.table).where(first)).scalar_one()
            self.put = self.edit(now or b"")
            assume(self.put != now)
            as_text = text("CAST(:put AS TEXT)").bindparams(put=self.put)
            connection.execute(column.table.update().where(first).values({column: as_text}))
        self.says_the_same = meaning(url) == before


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    return sqlite_in(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def honest(fresh: Callable[[], str]) -> Callable[[Scene], list[Any]]:
    return cache(lambda scene: play_honestly(scene, fresh()))


@pytest.mark.slow
@settings(max_examples=examples(0.2))
@given(scene=st.sampled_from(SCENES), change=changes)
@example(scene=SCENES[5], change=(target.c.verdict, lambda _: b""))
def test_any_bytes_in_any_column_touch_nobody(
    scene: Scene, change: tuple[Any, Edit], fresh: Callable[[], str], honest: Callable[[Scene], list[Any]]
) -> None:
    write = Writer(*change)
    may_go_on = honest(scene)
    early, late = play(scene, fresh(), write)
    column = write.column
    is_harmless = write.says_the_same or column.name in HARMLESS[column.table.name]
    assert not early, (str(column), write.put)
    assert not late or (is_harmless and sorted(late) == may_go_on), (str(column), write.put)


def test_the_columns_that_hold_documents_are_these() -> None:
    assert {column.name for column in IN_JSON} == set(DOCUMENTS)
