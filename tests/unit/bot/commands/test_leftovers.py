"""A word that belongs to nothing never becomes a computer or an id: it is refused, with the command that was meant."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from bot.commands import BY_NAME
from bot.commands.logoff import LogoffAsk
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.inventory import Inventory, expand
from bot.errors import UsageError
from tests.support.cases import for_each
from tests.support.effort import PROFILE

INVENTORY = Inventory(
    names=("comp1", "comp2", "comp3", *expand("rds-[01-40]")), groups={"rds-prod": ("rds-01", "rds-02")}
)


def ask(text: str) -> LogoffAsk:
    read = BY_NAME["logoff"].parse(text, INVENTORY)
    assert isinstance(read, LogoffAsk)
    return read


def refusal(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        ask(text)
    return caught.value


# Words behind an unquoted value

SHARE = 7 if PROFILE == "quick" else 1
"""Every seventh one is tried in the quick round: of each option, and each word behind it, some."""
FORCED = ["", " --force"]
TEXTS = ["--reason", "-Reason", "reason=", "--say", "--user", "user=", "client=", "ip=", "session=", "-UserName"]
DURATIONS = ["--warn", "warn=", "--timeout", "timeout=", "-Timeout"]


def said(option: str, value: str) -> str:
    return f"{option}{value}" if option.endswith("=") else f"{option} {value}"


OPTIONS = [
    *(said(each, "floor") for each in TEXTS), *(said(each, "5m") for each in DURATIONS), "idle>2h", "state=active",
]  # fmt: skip
FOLLOWERS = ["5", "5,7", "3-9", "comp2", "rds-*", "group:rds-prod", "comp2,comp3", "please"]


def test_a_word_behind_an_unquoted_value_is_refused(subtests: pytest.Subtests) -> None:
    for option, follower, force in [*product(OPTIONS, FOLLOWERS, FORCED)][::SHARE]:
        warn = " --warn 5m" if "say" in option else ""
        for text in (
            f"comp1 id=3{warn}{force} {option} {follower}",
            f"{option} {follower} comp1 id=3{warn}{force}",
            f"comp1{force} {option} {follower} id=3{warn}",
        ):
            with subtests.test(text=text):
                refusal(text)


@for_each(("text", "expected"), [
    ("comp1 id=3 --force --reason floor 5", 'comp1 id=3 --force --reason "floor 5"'),
    ("comp1 id=3 --force --reason=floor 5", 'comp1 id=3 --force --reason="floor 5"'),
    ("comp1 id=3 --reason floor 5 is stuck --force", 'comp1 id=3 --reason "floor 5 is stuck" --force'),
    ("--reason floor 5 comp1 id=3 --force", 'comp1 --reason "floor 5" id=3 --force'),
    ("--reason floor comp1 id=3", "comp1 --reason floor id=3"),
    ("--force --reason floor comp1,comp2 id=3", "comp1,comp2 --force --reason floor id=3"),
    ("user=bob comp1 --force", "comp1 user=bob --force"),
    ("--warn 5m comp1 id=3", "comp1 --warn 5m id=3"),
    ("--timeout 2m comp1 3", "comp1 3 --timeout 2m"),
    ("--reason floor 5 comp1 3 --force", 'comp1 3 --reason "floor 5" --force'),
    ("--reason floor comp1 is stuck", ""),
    ("idle>2h rds-*", "rds-* idle>2h"),
    ("comp1 user=John Smith", 'comp1 user="John Smith"'),
    ("comp1 user=alice, bob", "comp1 user=alice,bob"),
    ("comp1 id=3 --warn 5m Please save", 'comp1 id=3 --warn 5m "Please save"'),
    ("comp1 id=3 --warn 5 m", "comp1 id=3 --warn 5m"),
    ("comp1 id=3 --warn 5 minutes", "comp1 id=3 --warn 5m"),
    ("comp1 id=3 --timeout 90 sec --force", "comp1 id=3 --timeout 90s --force"),
    ("comp1 idle>2 hours", "comp1 idle>2h"),
    ("comp1 logon<2026-01-31 08:00", "comp1 logon<2026-01-31T08:00"),
    ("comp1 id=3 5", "comp1 id=3,5"),
    ("comp1 -Id 3 5-7 --force", "comp1 -Id 3,5-7 --force"),
    ("comp1 id=3 --sync 90", "comp1 id=3 --sync --timeout 90s"),
    ("comp1 --force 5", "comp1 --force id=5"),
    ('comp1 id=3 --force "floor 5"', 'comp1 id=3 --force --reason "floor 5"'),
])  # fmt: skip
def test_the_answer_holds_the_command_that_was_meant(text: str, expected: str) -> None:
    error = refusal(text)
    assert error.corrected == expected
    assert error.text[error.start : error.end]
    if expected:
        ask(error.corrected)


def test_the_sentence_says_what_to_do() -> None:
    assert refusal("comp1 id=3 --force --reason floor 5").message.startswith("Put the reason in quotes")
    assert refusal("--reason floor comp1").message.startswith("Write the computer first")
    assert "`id=5`" in refusal("comp1 id=3 --timeout 2m 5").message


def test_a_quoted_text_stays_what_it_is_in_every_order(subtests: pytest.Subtests) -> None:
    texts = ["comp1", "id=3", "--force", '--reason "floor 5"', "--sync", '--warn 5m "comp2 7"']
    for words in [*permutations(texts)][::SHARE]:
        with subtests.test(words=words):
            read = ask(" ".join(words))
            assert (read.hosts, read.ids, read.force) == (("comp1",), Ids(((3, 3),)), True)
            assert (read.reason, read.warning) == ("floor 5", "comp2 7")


@for_each("text", [
    'comp1 id=3 --force "5"', 'comp1 id=3 --sync "comp2"', 'comp1 id=3 --reason "a" "5"', 'comp1 id=3 "please save"',
    'comp1 id=3 --warn 5m "a" "5"', 'comp1 user=bob "5" --force', 'comp1 warn=5m --sync "5" id=3',
])  # fmt: skip
def test_a_quoted_text_that_belongs_to_nothing_is_refused(text: str) -> None:
    refusal(text)


def test_a_quoted_text_belongs_to_a_warning_in_both_spellings() -> None:
    for text in ('comp1 id=3 --warn 5m "5"', 'comp1 id=3 warn=5m "5"', 'comp1 id=3 -Warn:5m "5"'):
        assert (ask(text).warning, ask(text).ids) == ("5", Ids(((3, 3),)))


@for_each(("text", "reason"), [
    ('--reason "say ""hi"" now"', 'say "hi" now'), ("--reason 'it''s 5'", "it's 5"), ('--reason ""', None),
    ('reason="floor 5"', "floor 5"), ('--reason "|"', "|"), ("--reason '5'", "5"), ('--reason "--force"', "--force"),
])  # fmt: skip
def test_two_quotes_inside_quotes_are_one(text: str, reason: str | None) -> None:
    if reason is None:
        assert "empty" in refusal(f"comp1 id=3 {text}").message
    else:
        assert (ask(f"comp1 id=3 {text}").reason, ask(f"comp1 id=3 {text}").force) == (reason, False)


@pytest.mark.parametrize("text", ['--reason "he said "go 5 now"', "--reason 'bob's 5'", '--reason "a"b 5'])
def test_a_quote_that_ends_in_the_middle_of_a_word_is_refused(text: str) -> None:
    refusal(f"comp1 id=3 --force {text}")


@pytest.mark.parametrize("option", ["id=3", "--sync", "user=bob", "/v"])
def test_an_option_is_no_text_without_quotes(option: str) -> None:
    assert "needs a value" in refusal(f"comp1 id=3 --force --reason {option}").message


# Computers and ids are never multiplied


TWO_COMPUTERS = [
    "rds-01 id=2 rds-02 id=4", "rds-01 2 rds-02 4", "rds-01 id=2 rds-02", "id=2 rds-01 rds-02", "3 rds-01,rds-02",
    "-ComputerName rds-01 -Id 2 -ComputerName rds-02 -Id 4", "3 /server:rds-01 5 /server:rds-02", "id=3 rds-*",
    "id=3 group:rds-prod", "rds-01 user=alice -cn rds-02", "3 rds-01 rds-02", "rds-01 id=2 -cn rds-*",
    "user=alice computer=rds-01 user=bob computer=rds-02", "rds-01 idle>2h computer=rds-02", "rds-01 --all rds-02",
    "Get-TSSession rds-01 -Id 2 | Stop-TSSession -ComputerName rds-02", "Get-TSSession rds-01 | Stop-TSSession rds-02",
    "Get-TSSession rds-01 | Stop-TSSession 5",
]  # fmt: skip


def test_a_second_computer_behind_an_id_or_a_filter_is_refused(subtests: pytest.Subtests) -> None:
    for text, force in product(TWO_COMPUTERS, FORCED):
        with subtests.test(text=text + force):
            assert ("computer" in refusal(text + force).message) or ("quotes" in refusal(text + force).message)


@for_each(("text", "hosts", "ids"), [
    ("rds-01,rds-02 id=2,4", ("rds-01", "rds-02"), ((2, 2), (4, 4))), ("3 rds-01", ("rds-01",), ((3, 3),)),
    ("id=3 rds-01", ("rds-01",), ((3, 3),)), ("3 /server:rds-01 /v", ("rds-01",), ((3, 3),)),
    ("--sync rds-01 id=3", ("rds-01",), ((3, 3),)), ("id=3 -cn rds-01", ("rds-01",), ((3, 3),)),
    ("rds-01 rds-02 3", ("rds-01", "rds-02"), ((3, 3),)),
])  # fmt: skip
def test_one_computer_or_computers_before_ids_are_what_they_say(
    text: str, hosts: tuple[str, ...], ids: tuple[tuple[int, int], ...]
) -> None:
    assert (ask(text).hosts, ask(text).ids) == (hosts, Ids(ids))


# The same option twice


def test_the_same_filter_twice_widens() -> None:
    both = Condition(field=Field.USER, operator=Operator.LIKE, values=("alice", "bob"))
    assert ask("comp1 user=alice user=bob").conditions == ask("comp1 user=alice,bob").conditions == (both,)
    assert ask("comp1 state=active -State disc*").conditions == ask("comp1 state=active,disc*").conditions
    assert ask("comp1 id=3 id=5").ids == Ids(((3, 3), (5, 5)))


def test_two_bounds_on_two_sides_are_a_range_and_on_one_side_a_slip() -> None:
    assert len(ask("comp1 idle>2h idle<5h").conditions) == 2
    for text in ("idle>2h idle>5h", "idle>2h idle>=3h", "logon<2026-01-31 logon<2026-02-01"):
        assert "two bounds" in refusal(f"comp1 {text}").message


@for_each("text", [
    '--reason a --reason "b"', "--timeout 2m --timeout 3m", "--warn 5m --warn 6m", '--warn 5m "a" --say "b"',
    "--sync --sync:$false", "-Force -Force:$false", "-EA Continue -EA Continue",
])  # fmt: skip
def test_an_option_with_one_value_is_said_once(text: str) -> None:
    refusal(f"comp1 id=3 {text}")


# Who is named when nobody is asked


def test_force_names_its_computer_itself() -> None:
    with pytest.raises(UsageError, match="name the computer"):
        BY_NAME["logoff"].parse("id=3 --force", Inventory(names=("comp1",), default="comp1"))


# A wrong computer


@for_each(("text", "nearest", "candidates", "corrected"), [
    ('"comp1 id=3"', "comp1", (), "comp1 id=3"),
    ("rds-1 id=3", "rds-01", (), "rds-01 id=3"), ("rds1 id=3", "rds-01", (), "rds-01 id=3"),
    ("comp 1", "", ("comp1", "comp2", "comp3"), ""), ("comp9 id=3", "", ("comp1", "comp2", "comp3"), ""),
    ("comp1.corp.example id=3", "comp1", (), "comp1 id=3"), ("copm1,comp2 id=3", "comp1", (), "comp1,comp2 id=3"),
    ("rds-99 3", "", (), ""), ("-ComputerName comp1:3", "comp1", (), "-ComputerName comp1 id=3"),
])  # fmt: skip
def test_a_wrong_computer_is_answered_without_a_confident_guess(
    text: str, nearest: str, candidates: tuple[str, ...], corrected: str
) -> None:
    error = refusal(text)
    assert (error.nearest, error.candidates, error.corrected) == (nearest, candidates, corrected)
    if corrected:
        ask(corrected)
