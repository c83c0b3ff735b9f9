"""What a command widens, and what it named that is not there: lines of the card that waits for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards import notices, request_card
from bot.cards.model import Tone
from bot.cards.terms import MOST_LINES
from bot.commands.logoff import parse
from bot.domain import events as e
from bot.domain.ask import Choice
from bot.domain.inventory import Inventory
from bot.domain.request import Ending
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.harness import text_of
from tests.support.people import bot_with

if TYPE_CHECKING:
    from bot.domain.request import Request

COMP1 = Inventory(names=("comp1",))
SPOKEN = b.target(own_warning=True)
BOBS = b.target(session=samples.BOB)


def asked(command: str) -> Request:
    return b.request(ask=parse(command, COMP1))


def on_card(request: Request) -> list[str]:
    return text_of(request_card.build(request)).splitlines()


def ended(request: Request) -> Request:
    return samples.after(request, b.approved(), b.started(), *samples._done(request))


WAITING = [
    ("comp1 id=3", "Asks each session to go and does not wait."),
    ("comp1 id=3 --sync", "Waits until each session is gone, 90 s at most."),
    ("comp1 id=3 --timeout 90s", "Waits until each session is gone, 90 s at most."),
    ("comp1 id=3 --timeout 2m", "Waits until each session is gone, 120 s at most."),
    ("comp1 id=3 --timeout 10m", "Waits until each session is gone, 10 min at most."),
    ("comp1 id=3 --timeout 2m30s", "Waits until each session is gone, 2 min 30 s at most."),
    ("comp1 id=3 --even-if-active", "Also if somebody came back to work since (--even-if-active)."),
    ("comp1 user=al* idle>2h", "Only sessions that still match user=al*, idle>2h when it happens."),
    ("comp1 state=disc*,active", "Only sessions that still match state=Active,Disconnected when it happens."),
    ("comp1 ip=10.* session=rdp* client=PC*", "Only sessions that still match client=PC*, ip=10.*, session=rdp*"),
    ("comp1 idle>=90s idle<1h30m", "Only sessions that still match idle>=90s, idle<1h30m when it happens."),
    ("comp1 logon<2026-01-31", "Only sessions that still match logon<2026-01-31T00:00 when it happens."),
    ("comp1 logon>2026-01-31T08:00:30", "Only sessions that still match logon>2026-01-31T08:00:30 when it happens."),
    ("comp1 id=3 --warn 90s", "People are warned first and get 1 minute and 30 seconds to save their work."),
]


@for_each(("command", "line"), WAITING)
def test_each_switch_that_reaches_further_is_a_line_of_the_card_that_waits(command: str, line: str) -> None:
    found = on_card(samples.surveyed(asked(command)))
    assert any(each.startswith(line) for each in found), found


def test_a_filter_is_said_as_it_was_typed_and_reads_back_the_same() -> None:
    command = "comp1 user=al*,bob client=PC* idle>2h logon<2026-01-31T08:00"
    ask = asked(command).ask
    (line,) = [each for each in on_card(samples.surveyed(asked(command))) if "still match" in each]
    typed = line.removeprefix("Only sessions that still match ").removesuffix(" when it happens.").replace(", ", " ")
    assert parse(f"comp1 {typed}", COMP1).conditions == ask.conditions


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("comp1 id=3", "Asked each session to go and did not wait."),
        ("comp1 id=3 --sync", "Waited until each session was gone, 90 s at most."),
        ("comp1 id=3 --even-if-active", "Nobody was spared for having come back to work (--even-if-active)."),
        ("comp1 user=al*", "Only sessions that still matched user=al* when it happened."),
    ],
)
def test_what_came_of_it_says_under_which_terms(command: str, line: str) -> None:
    card = request_card.build(ended(samples.surveyed(asked(command))))
    quiet = [str(each.parts[0]) for each in card.lines if each.tone is Tone.QUIET]
    assert any(line in each for each in quiet)


def test_a_preview_and_break_glass_say_it_too() -> None:
    line = "Also if somebody came back to work since (--even-if-active)."
    preview = samples.surveyed(asked("comp1 id=3 --even-if-active --whatif"), ending=Ending.WHATIF)
    forced = samples.surveyed(asked("comp1 id=3 --even-if-active --force"), requirement=samples.FORCED)
    assert line in on_card(preview)
    assert any(line in each for each in on_card(samples.after(forced, b.started())))
    assert line in text_of(notices.break_glass(forced))


@pytest.mark.parametrize("end", [e.Denied(by=b.OTHER, on_version=2), e.Cancelled(by=b.ASKER, on_version=2)])
def test_what_never_began_has_no_terms(end: e.Event) -> None:
    over = samples.after(samples.surveyed(asked("comp1 id=3 --even-if-active")), end)
    assert not any("session to go" in each or "came back" in each for each in on_card(over))


def test_who_only_looks_widens_nothing() -> None:
    listed = samples.surveyed(replace(asked("comp1"), ask=parse("comp1", COMP1)), ending=Ending.ANSWERED)
    assert listed.ask.choice is Choice.NONE
    assert not any("session to go" in each for each in on_card(listed))


# What is not there


def test_what_was_named_and_is_not_there_stands_on_the_card_until_the_end() -> None:
    harness = bot_with()
    harness.terminal.sign_out("comp2", 3)
    request = harness.ask_and_run("comp1,comp2 id=3 --sync")
    assert "comp2 has no session 3." in harness.text_on_card(request)
    harness.approve_and_run()
    assert "comp2 has no session 3." in harness.text_on_card(request)


def test_where_nobody_matches_a_filter_it_is_said_computer_by_computer() -> None:
    harness = bot_with()
    harness.terminal.sign_out("comp2", 3)
    request = harness.ask_and_run("comp1,comp2 user=alice --sync")
    assert "comp2: nobody matches." in harness.text_on_card(request)


def test_a_list_says_it_too() -> None:
    harness = bot_with()
    harness.terminal.sign_out("comp2", 3)
    harness.ask_and_run("comp1,comp2 id=3", command="sessions")
    assert "comp2 has no session 3." in harness.told(harness.asker)[0]


def test_more_than_ten_of_them_are_counted() -> None:
    hosts = [f"rds-{number:02}" for number in range(1, 40)]
    surveys = [b.look(host, message=f"{host} has no session 3.") for host in hosts]
    found = on_card(samples.surveyed(samples.asked(), surveys=(b.look(), *surveys)))
    assert sum("has no session 3." in each for each in found) == MOST_LINES
    assert "29 more computers without what was named." in found


# The requester's own text


FIVE = timedelta(minutes=5)
ALL_SILENT = "Your text is not sent: no rule lets you send messages. The bot's own warning is."


def warning(*targets: object) -> list[str]:
    request = samples.asked(warn=FIVE, warning="Updates tonight\n✓ done")
    return on_card(samples.after(request, b.surveyed(*targets)))  # type: ignore[arg-type] # targets


def test_whose_text_people_read_is_said() -> None:
    shown = "They read your text: Updates tonight\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} done"
    assert shown in warning(SPOKEN)
    assert ALL_SILENT not in warning(SPOKEN)
    assert ALL_SILENT in warning(BOBS)
    assert shown not in warning(BOBS)
    some = warning(SPOKEN, BOBS)
    assert shown in some
    assert (
        "Your text is not sent to CORP\\bob on comp1: no rule lets you send messages there. The bot's own warning is."
        in some
    )


def test_many_who_do_not_get_the_text_are_counted() -> None:
    others = [b.target(number) for number in range(10, 30)]
    (line,) = [each for each in warning(SPOKEN, *others) if "is not sent to" in each]
    assert line.count("CORP\\alice") == MOST_LINES
    assert " and 10 more: no rule" in line
