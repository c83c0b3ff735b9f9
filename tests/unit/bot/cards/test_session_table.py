"""The table of `/sessions`: people first, who works now at the top, each with the sign and the word of its state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards import request_card
from bot.cards.shapes import shorter
from bot.commands.sessions import SessionsAsk
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.request import Ending
from bot.domain.session import Account, SessionState
from tests.support import builders as b
from tests.support import samples
from tests.support.harness import text_of

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.request import Request
    from bot.domain.session import Session

TICKS = 10_000_000
NOBODY = Account(domain="", user="")


def at_desk(number: int, user: str, idle: timedelta, host: str = "comp1", **changes: object) -> Session:
    now = b.LOGON + 30 * 86_400 * TICKS
    since = now - int(idle.total_seconds()) * TICKS
    values = {"state": SessionState.ACTIVE, "now": now, "input": since, "disconnect": since} | changes
    return b.session(number, host=host, account=Account(domain="CORP", user=user), **values)


def gone(number: int, user: str, since: timedelta, host: str = "comp1") -> Session:
    return at_desk(number, user, since, host, state=SessionState.DISCONNECTED)


def listed(*sessions: Session, **ask: object) -> Request:
    hosts = tuple(dict.fromkeys(each.host for each in sessions))
    wanted = SessionsAsk(**({"hosts": hosts, "choice": Choice.ALL} | ask))  # type: ignore[arg-type] # fields by name
    request = b.request(command="sessions", action=Action.LIST, ask=wanted)
    return samples.surveyed(request, *sessions, ending=Ending.ANSWERED)


def rows(card: Card) -> list[list[str]]:
    return [[cell.shown for cell in row] for row in card.table.rows] if card.table else []


SERVICES = b.session(0, account=NOBODY, station="Services")
LISTENER = b.session(65_536, account=NOBODY, station="RDP-Tcp", state=SessionState.LISTENING)
FOUR = (
    SERVICES,
    gone(3, "alice", timedelta(hours=3)),
    at_desk(5, "bob", timedelta(minutes=2), client="PC-12"),
    at_desk(7, "josé", timedelta(minutes=48)),
    gone(9, "dora", timedelta(days=2)),
    LISTENER,
)


def test_who_works_stands_first_and_who_is_away_longest_stands_last() -> None:
    card = request_card.build(listed(*FOUR))
    assert card.headline == "4 people on comp1 · 1 at work, 1 idle, 2 left"
    assert card.table
    assert card.table.columns == ("person", "state", "idle", "session", "from")
    assert rows(card) == [
        [r"CORP\bob", "🟢 at work", "2 min", "5", "PC-12"],
        [r"CORP\josé", "🟡 idle", "48 min", "7", "-"],
        [r"CORP\alice", "⚪ left", "3 h", "3", "-"],
        [r"CORP\dora", "⚪ left", "2 d", "9", "-"],
    ]
    assert "2 services and listeners not shown; --verbose shows them" in text_of(card)


@pytest.mark.parametrize(
    ("idle", "state"),
    [(299, "🟢 at work"), (300, "🟡 idle"), (301, "🟡 idle"), (0, "🟢 at work")],
)
def test_five_minutes_without_input_are_idle(idle: int, state: str) -> None:
    ((_, shown, *_),) = rows(request_card.build(listed(at_desk(5, "bob", timedelta(seconds=idle)))))
    assert shown == state


def test_with_several_hosts_the_host_is_the_fourth_column() -> None:
    card = request_card.build(listed(at_desk(5, "bob", timedelta(hours=1)), at_desk(2, "eve", timedelta(), "comp2")))
    assert card.table
    assert card.table.columns[:4] == ("person", "state", "idle", "host")
    assert [row[3] for row in rows(card)] == ["comp2", "comp1"]
    assert card.headline == "2 people on comp1 and comp2 · 1 at work, 1 idle"
    assert card.pick
    assert [each.label for each in card.pick.options] == [
        r"CORP\eve, session 2 on comp2",
        r"CORP\bob, session 5 on comp1",
    ]


def test_a_person_with_two_sessions_is_one_person() -> None:
    card = request_card.build(listed(at_desk(5, "bob", timedelta()), gone(6, "BOB", timedelta(hours=1))))
    assert card.headline == "1 person in 2 sessions on comp1 · 1 at work, 1 left"


def test_verbose_shows_services_and_the_words_of_windows() -> None:
    card = request_card.build(listed(*FOUR, verbose=True))
    assert card.table
    shown = {row[0]: dict(zip(card.table.columns, row, strict=True)) for row in rows(card)}
    assert len(shown) == 6
    assert shown[r"CORP\alice"]["Windows says"] == "Disconnected"
    assert (shown["RDP-Tcp"]["state"], shown["Services"]["state"]) == ("▫️ Listening", "▫️ Disconnected")
    assert list(shown)[-2:] == ["RDP-Tcp", "Services"]
    assert card.pick
    assert len(card.pick.options) == 4


def test_what_could_not_be_read_has_its_sign_and_its_reason() -> None:
    unread = b.session(9, account=NOBODY, state=SessionState.ACTIVE, error=5)
    dumb = at_desk(5, "bob", timedelta(), unread_parts=(("client", 5),))
    card = request_card.build(listed(unread, dumb))
    assert rows(card)[1][:3] == ["somebody", "❔ could not be read", "-"]
    assert "comp1 session 9: could not be read: the bot's account lacks the right Query Information" in text_of(card)
    assert "comp1 session 5: its client could not be read" in text_of(card)
    assert card.headline == "1 person on comp1 · 1 at work, 1 could not be read"


def test_an_unknown_idle_time_is_not_said_to_be_work() -> None:
    card = request_card.build(listed(at_desk(5, "bob", timedelta(), input=0)))
    assert rows(card)[0][1:3] == ["❔ idle time unknown", "-"]


def test_nobody_is_no_table() -> None:
    card = request_card.build(listed(SERVICES, LISTENER))
    assert (card.headline, card.table, card.pick) == ("Nobody on comp1", None, None)


def test_listeners_that_were_searched_for_are_shown() -> None:
    state = Condition(field=Field.STATE, operator=Operator.IN, values=("6",))
    card = request_card.build(listed(LISTENER, replace(LISTENER, id=65_537), conditions=(state,)))
    assert [row[0] for row in rows(card)] == ["RDP-Tcp", "RDP-Tcp"]
    assert card.pick is None


def test_the_only_match_is_shown_in_full() -> None:
    user = Condition(field=Field.USER, operator=Operator.LIKE, values=("alice",))
    card = request_card.build(listed(FOUR[1], conditions=(user,)))
    assert card.table is None
    assert "UserName: CORP\\alice" in text_of(card)


def test_hosts_that_did_not_answer_stand_in_one_line_below() -> None:
    silent = tuple(b.look(f"rds-{at}", code="unreachable", message=f"rds-{at} did not answer.") for at in range(1, 31))
    request = replace(listed(*FOUR), surveys=(b.look(), *silent))
    (line,) = [line for line in text_of(request_card.build(request)).split("\n") if "did not answer" in line]
    assert line.startswith("⚠️ 30 computers did not answer: rds-1 (unreachable), rds-2 (unreachable)")
    assert line.endswith("rds-20 (unreachable) and 10 more")
    one = request_card.build(replace(request, surveys=(b.look(), silent[0])))
    assert "⚠️ rds-1 did not answer." in text_of(one)


def test_no_cell_is_empty_and_each_option_says_its_place_in_the_request() -> None:
    request = listed(*FOUR, verbose=True)
    card = request_card.build(request)
    assert all(cell.strip() for row in rows(card) for cell in row)
    assert card.pick
    for option in card.pick.options:
        request_id, place = option.value.split(":")
        session = request.targets[int(place)].session
        assert request_id == request.id
        assert rows(card)[option.row][4 if "host" in card.table.columns else 3] == str(session.id)  # type: ignore[union-attr]


def test_the_short_shape_keeps_the_table_as_letters_and_the_menu() -> None:
    card = shorter(request_card.build(listed(*FOUR)))
    assert card.table
    assert card.table.is_aligned
    assert card.pick


def test_where_no_session_could_be_read_nobody_says_that_nobody_is_there() -> None:
    unread = [b.session(n, account=NOBODY, state=SessionState.ACTIVE, error=5) for n in (8, 9)]
    assert request_card.build(listed(*unread)).headline == "2 sessions on comp1 could not be read"
    assert request_card.build(listed(SERVICES, unread[0])).headline == "1 session on comp1 could not be read"
