"""An ask printed in the house style is read back as the same ask; and nothing that is typed raises a surprise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.commands import BY_NAME, COMMANDS
from bot.commands.disconnect import DisconnectAsk
from bot.commands.house_style import written
from bot.commands.language import understand
from bot.commands.logoff import LogoffAsk
from bot.commands.sessions import SessionsAsk
from bot.commands.tokens import LONGEST, escaped
from bot.commands.tsmessage import MessageAsk
from bot.domain.ask import Ask, Choice
from bot.domain.conditions import Condition, Field, Ids, Operator
from bot.domain.inventory import Inventory, expand
from bot.domain.session import EARLIEST, KNOWN_STATES, LATEST
from bot.errors import UsageError
from tests.support.cases import for_each
from tests.support.effort import examples

if TYPE_CHECKING:
    from bot.commands.command import Command

INVENTORY = Inventory(names=("comp1", "comp2", *expand("rds-[01-03]")), groups={"rds-prod": ("rds-01", "rds-02")})

LETTERS = st.characters(exclude_categories=["C", "Z", "Cf"], exclude_characters="“”„‟«»＂″‘’‚‛＇′´\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # fmt: skip  # noqa: E501, RUF001 - what `clean` folds or drops
PROSE = st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=1, max_size=5).map(" ".join)
PROSE = PROSE.filter(lambda text: not any(0xFE00 <= ord(letter) <= 0xFE0F for letter in text))
PROSE = PROSE.filter(lambda text: bool(text.strip(", ")))  # what is commas alone is refused as empty, in forms, too
PATTERNS = PROSE.map(lambda text: text.replace(",", "").replace("@", "")).filter(lambda text: bool(text.strip(" ,")))
HOSTS = st.lists(st.sampled_from(INVENTORY.names), min_size=1, max_size=3, unique=True).map(tuple)
PAIRS = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda pair: (min(pair), max(pair)))
IDS = st.lists(PAIRS, max_size=3).map(lambda pairs: Ids(tuple(pairs)))
MINUTES = st.integers(10, 3600).map(lambda seconds: timedelta(seconds=seconds))


LIKE = (Field.USER, Field.CLIENT, Field.ADDRESS, Field.STATION)
IDS_ONLY = set("0123456789#-.;[](){}<>!?:, ")
"""`session=3` is an id, and so is what looks like one."""


@st.composite
def conditions(draw: st.DrawFn) -> tuple[Condition, ...]:
    drawn = {field: draw(st.lists(PATTERNS.map(str.strip), max_size=2, unique=True)) for field in LIKE}
    if all(set(value) <= IDS_ONLY for value in drawn[Field.STATION]):
        drawn[Field.STATION] = []
    found = [
        Condition(field=field, operator=Operator.LIKE, values=tuple(values))
        for field, values in drawn.items()
        if values
    ]
    if states := draw(st.sets(st.sampled_from(KNOWN_STATES), max_size=3)):
        numbers = tuple(str(int(state)) for state in KNOWN_STATES if state in states)
        found.append(Condition(field=Field.STATE, operator=Operator.IN, values=numbers))
    if seconds := draw(st.integers(0, 10**8)):
        operator = draw(st.sampled_from([Operator.MORE, Operator.AT_MOST]))
        found.append(Condition(field=Field.IDLE, operator=operator, values=(str(seconds),)))
    if microseconds := draw(st.integers(0, 10**17)):
        found.append(Condition(field=Field.LOGON, operator=Operator.LESS, values=(str(microseconds * 10),)))
    if exact := draw(st.lists(st.integers(EARLIEST, LATEST - 1).map(str), max_size=3, unique=True)):
        found.append(Condition(field=Field.LOGON, operator=Operator.IN, values=tuple(exact)))
    return tuple(found)


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    kind = draw(st.sampled_from([LogoffAsk, DisconnectAsk, MessageAsk]))
    ids, filters = draw(IDS), draw(conditions())
    is_all = draw(st.booleans())
    choice = Choice.ALL if is_all else Choice.MATCHING if ids or filters else Choice.NONE
    whatif, confirm = draw(st.booleans()), draw(st.booleans())
    is_message = kind is MessageAsk
    warn = None if is_message else draw(st.none() | MINUTES)
    return kind(
        hosts=draw(HOSTS),
        ids=ids,
        conditions=filters,
        choice=choice,
        here=draw(st.booleans()),
        verbose=draw(st.booleans()),
        force=draw(st.booleans()) and not (whatif or confirm) and choice is not Choice.NONE,
        whatif=whatif,
        confirm=confirm,
        reason=draw(st.just("") | PROSE),
        wait=None if is_message else draw(st.none() | st.integers(1, 600).map(lambda each: timedelta(seconds=each))),
        warn=warn,
        warning=draw(PROSE) if is_message or warn else "",
        even_if_active=is_message or draw(st.booleans()),
        caption=draw(st.just("") | PROSE) if is_message else "",
        stop_on_error=draw(st.booleans()),
    )


@settings(max_examples=examples(2))
@given(asks())
def test_an_act_that_is_printed_is_read_back_as_the_same(ask: Ask) -> None:
    command = next(each for each in COMMANDS if each.ask_type is type(ask))
    text = escaped(written(ask))
    if len(text) <= LONGEST:
        assert command.parse(text, INVENTORY) == ask


@settings(max_examples=examples(2))
@given(HOSTS, IDS, conditions(), st.booleans(), st.booleans())
def test_a_list_that_is_printed_is_read_back_as_the_same(
    hosts: tuple[str, ...],
    ids: Ids,
    filters: tuple[Condition, ...],
    here: bool,  # noqa: FBT001 - drawn
    everywhere: bool,  # noqa: FBT001 - drawn
) -> None:
    everywhere = everywhere and bool(filters) and not ids
    ask = SessionsAsk(
        hosts=INVENTORY.names if everywhere else hosts,
        ids=ids,
        conditions=filters,
        choice=Choice.MATCHING if ids or filters else Choice.ALL,
        here=here,
        everywhere=everywhere,
    )
    assert BY_NAME["sessions"].parse(escaped(written(ask)), INVENTORY) == ask


@for_each("value", ["Ａ", "aＢ", "１", "１-２", "＊", "ａ.ｂ", "a－b", "x‐", "٣", "CORP\\Ａ"])  # noqa: RUF001 - that is the point
def test_letters_that_are_folded_as_they_are_typed_are_printed_in_quotes(value: str) -> None:
    """Else a button about one session would ask about another one."""
    for field in LIKE:
        filters = (Condition(field=field, operator=Operator.LIKE, values=(value,)),)
        ask = SessionsAsk(hosts=("comp1",), conditions=filters, choice=Choice.MATCHING)
        assert BY_NAME["sessions"].parse(escaped(written(ask)), INVENTORY) == ask


TYPED = (
    "comp1 comp1:3 rds-[01-03] id = 3 #3 session > 2h idle user alice CORP\\bob state!= disc @(3,5)",
    "( [ ] { } .. | -- -",
    "\u2014 \u201c \u201d \" ' --reason --force --say quser msg * /server:comp1 Get-TSSession Stop-TSSession",
    "-Id please",
    "log off because on help ? 5m 2026-01-31 rdp-tcp#5 , ; : = <@U1234567|bob> <http://comp1|comp1> &lt;",
    "\u200e \uff11",
)
WORDS = st.sampled_from([word for line in TYPED for word in line.split(" ")])
LINES = st.one_of(
    st.text(max_size=120),
    st.lists(WORDS, max_size=14).map(" ".join),
    st.lists(WORDS, max_size=14).map("".join),
    st.tuples(st.text(max_size=40), st.integers(1, 100)).map(lambda pair: (pair[0] * pair[1])[:4000]),
)


@settings(max_examples=examples(4))
@given(LINES, st.sampled_from(COMMANDS))
@example("x" * 4000, BY_NAME["logoff"])
@example("(" * 2000, BY_NAME["logoff"])
@example("rds-[0000-9999]," * 120, BY_NAME["logoff"])
def test_nothing_that_is_typed_raises_anything_but_a_usage_error(text: str, command: Command) -> None:
    try:
        understood = understand(command.name, text, INVENTORY)
    except UsageError as error:
        assert error.message  # noqa: PT017 - an error is one of two good outcomes
        assert 0 <= error.start <= error.end <= max(len(error.text), error.end)  # noqa: PT017 - the same
        return
    acts = understood.command.action is not BY_NAME["sessions"].action
    assert not acts or understood.command is command, "nothing is guessed into an act of another command"
