"""The language of the commands: what is refused, with its place and the nearest spelling, whatever is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands import BY_NAME, COMMANDS
from bot.commands.audit import AuditAsk
from bot.commands.logoff import LogoffAsk
from bot.domain.ask import Choice
from bot.domain.inventory import Inventory
from bot.errors import UsageError
from tests.support.cases import for_each

if TYPE_CHECKING:
    from bot.commands.command import Command

INVENTORY = Inventory(
    names=("comp1", "comp2", "rds-01", "rds-02"),
    patterns=("web-*.corp",),
    groups={"rds-prod": ("rds-01", "rds-02")},
)


def refusal(text: str, command: str = "logoff", inventory: Inventory = INVENTORY) -> UsageError:
    with pytest.raises(UsageError) as caught:
        BY_NAME[command].parse(text, inventory)
    return caught.value


def marked(error: UsageError) -> str:
    return error.text[error.start : error.end]


@pytest.mark.parametrize("typed", ["id=3", "", "--all"])
def test_without_a_computer_and_without_a_default_it_is_asked_for(typed: str) -> None:
    assert "which computer" in refusal(typed).message


def test_an_error_action_that_chat_does_not_have_is_refused() -> None:
    assert marked(refusal("comp1 id=3 -ErrorAction Inquire")) == "Inquire"


@for_each("nothing", ["computer=,", "-ComputerName ,", ",", "computer=''", "-ComputerName ''"])
def test_an_empty_computer_is_not_the_default_one(nothing: str) -> None:
    assert refusal(f"{nothing} --all", inventory=Inventory(names=("comp1", "comp2"), default="comp2")).message


@for_each(
    "typed", ["id=-1", "-Id -1", "id=65536", "65536", "id=99999999999", "id=7-5", "id=3-", "id=x", "id=3/5", "id=,"]
)
def test_an_id_that_is_none_is_refused_with_its_place(typed: str) -> None:
    error = refusal(f"comp1 {typed}")
    assert marked(error) == typed.removeprefix("-Id ")


@for_each(
    "typed",
    ["id=", "-Id ''", "user=", "--user ''", "user=,", "state=", "--reason ''", "timeout=", "ip=", "client=', '"],
)
def test_an_empty_value_is_refused_with_its_place(typed: str) -> None:
    error = refusal(f"comp1 {typed}")
    assert "empty" in error.message
    assert marked(error) in typed


@pytest.mark.parametrize("typed", ["--user", "--user --sync", "-Id", "--reason"])
def test_a_value_that_is_missing_is_asked_for(typed: str) -> None:
    assert "needs a value" in refusal(f"comp1 {typed}").message


@for_each(
    ("typed", "sentence"),
    [
        ("state=gone", "States are Active"),
        ("idle=2h", "Compare `idle`"),
        ("idle>soon", "no duration"),
        ("idle>2", "no unit"),
        ("logon<yesterday", "no date"),
        ("logon<9999-99-99", "no date"),
        ("user>alice", "cannot be compared"),
        ("-Filter {$_.User}", "never run code"),
        ("-InputObject $x", "no objects in chat"),
    ],
)
def test_a_filter_that_cannot_be_understood_says_how_it_is_written(typed: str, sentence: str) -> None:
    assert sentence in refusal(f"comp1 {typed}").message


@for_each("typed", ["timeout=11m", "timeout=0s", "timeout=99999d", "--timeout never", "--sync=perhaps"])
def test_a_wait_without_sense_is_refused(typed: str) -> None:
    assert refusal(f"comp1 id=3 {typed}").end


@pytest.mark.parametrize("typed", ["comp1 --force", "comp1 -Confirm:$false", "rds-* --force --sync"])
def test_force_alone_is_refused(typed: str) -> None:
    assert "say whom exactly" in refusal(typed).message


@for_each(
    ("typed", "sentence", "place"),
    [
        ("Get-TSSession -cn comp1", "belongs to `/sessions`", "Get-TSSession"),
        ("Disconnect-TSSession comp1 3", "belongs to `/disconnect`", "Disconnect-TSSession"),
        ("Get-Process | Stop-TSSession", "Left of the pipe", "Get-Process"),
        ("Get-TSSession comp1 | Stop-Process", "Right of the pipe", "Stop-Process"),
        ("Get-TSSession comp1 | Stop-TSSession | Out-Null", "One pipe", "|"),
        ("| Stop-TSSession", "Left of the pipe", "|"),
        ("Get-TSSession |", "Right of the pipe", "|"),
    ],
)
def test_another_cmdlet_is_refused_with_its_place(typed: str, sentence: str, place: str) -> None:
    error = refusal(typed)
    assert sentence in error.message
    assert marked(error) == place


@for_each(
    "name",
    [
        *("Debug", "ErrorVariable", "InformationAction", "InformationVariable", "OutVariable", "OutBuffer"),
        *("PipelineVariable", "WarningAction", "WarningVariable", "ProgressAction"),
    ],
)
@for_each("command", ["logoff", "sessions"])
def test_a_common_parameter_without_meaning_here_is_answered_with_one_sentence(command: str, name: str) -> None:
    error = refusal(f"comp1 -{name} x", command)
    assert error.message == f"`-{name}` means nothing in chat. Leave it out."


@for_each(
    ("typed", "place", "nearest"),
    [
        ("comp1 id=3 --snyc", "--snyc", "sync"),
        ("comp1 -Idd 3", "-Idd", "id"),
        ("comp1 usr=alice", "usr=alice", "user"),
        ("comp1 --froce --all", "--froce", "force"),
        ("comp1 -CompterName comp1", "-CompterName", "computer"),
        ("comp1 --xyzzy", "--xyzzy", ""),
    ],
)
def test_an_unknown_word_is_marked_and_the_nearest_named(typed: str, place: str, nearest: str) -> None:
    error = refusal(typed)
    assert (marked(error), error.nearest) == (place, nearest)


def test_a_beginning_that_fits_several_names_is_not_guessed() -> None:
    assert "could be" in refusal("comp1 -S active").message


@for_each(
    "typed", ["copm1 id=3", "id=3 evil.example.com", "-ComputerName evil", "group:nobody 3", "comp1,copm1", "rds-9*"]
)
def test_an_unknown_computer_is_refused_and_never_part_of_an_ask(typed: str) -> None:
    assert "I know no computer" in refusal(typed).message


def test_an_unknown_computer_is_answered_with_the_nearest() -> None:
    error = refusal("id=3 copm1")
    assert (marked(error), error.nearest) == ("copm1", "comp1")


def test_a_long_word_is_not_said_again_in_full() -> None:
    assert len(refusal("x" * 1500).message) < 200


FRAGMENTS = st.sampled_from(
    [
        *("comp1", "rds-*", "group:", "id=", "3", "-1", "5-", ",", "|", "Get-TSSession", "Stop-TSSession"),
        *("--sync", "-Confirm:$false", "--force", "state=", "active", "idle>", "2h", "logon<", "2026-01-31", "'", '"'),
        *("/server:", "<http://evil.example|comp1>", "<http://evil.example>", "—", "\\", "$(x)", "`", "\u00a0", " "),
    ]
)
LINES = st.one_of(st.lists(FRAGMENTS, max_size=12).map("".join), st.lists(FRAGMENTS, max_size=12).map(" ".join))


@given(st.one_of(st.text(max_size=80), LINES), st.sampled_from(COMMANDS))
@example("logon<9999-12-31T23:59:59.999999-23:59 comp1", BY_NAME["logoff"])
@example("logon>0001-01-01T00:00+23:59 comp1", BY_NAME["logoff"])
@example("comp1 idle>٣h id=٣", BY_NAME["sessions"])
@example("/F", BY_NAME["logoff-audit"])
def test_any_text_is_an_ask_about_known_computers_or_a_usage_error(text: str, command: Command) -> None:
    try:
        ask = command.parse(text, INVENTORY)
    except UsageError as error:
        place = [0, error.start, error.end, len(error.text)]
        assert place == sorted(place), error.message  # noqa: PT017 - an error is one of two good outcomes
        return
    assert ask.hosts or isinstance(ask, AuditAsk)  # whose entries may be of any computer
    assert all(host in INVENTORY.names or (host.startswith("web-") and host.endswith(".corp")) for host in ask.hosts)
    if isinstance(ask, LogoffAsk) and ask.force:
        assert ask.choice is not Choice.NONE
        assert not ask.whatif
