"""The answers to a word that is none of what its place wants. What it may be decides the answer, not its place alone.

A word in the place of a computer may be an option, a state, a time, a person or a misspelt computer. Each answer holds
the command as it would be written; nothing is done before a person presses its button.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.leftovers import as_a_reason, is_number
from bot.commands.options import state_of
from bot.commands.persons import account_in, is_like_a_person, is_person
from bot.commands.spellings import duration_in, names_in
from bot.commands.tokens import quoted
from bot.domain.durations import typed
from bot.errors import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.options import Options
    from bot.commands.tokens import Word
    from bot.domain.inventory import Inventory
    from bot.errors import UsageError

_SHOWN = 80
STATION = re.compile(r"(?:rdp-tcp|rdp|ica-[a-z]+|console|services|hdx)(?:#[0-9]+)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")
MENTION = re.compile(r"@[UW][A-Z0-9]{5,}")
_SHORTEST_OPTION = 4
_MOST_PEOPLE = 2
"""More words that are no command and name no computer are a sentence, and no list of people."""
_WITH_ID = re.compile(r"[/\\]*([^:;/\\#@=]+)[:;/\\#@=]+(?:id[=:])?([0-9]{1,5})", re.IGNORECASE)


def shown(text: str) -> str:
    """Return the beginning of a word for a sentence."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return cut.replace("`", "'")


def computer(options: Options, inventory: Inventory, name: str, word: Word) -> UsageError:
    """Return the error for a word in the place of a computer that names none of the inventory."""
    if name.isdigit() and "," in word.text:
        return _listed_with_an_id(options, inventory, name, word)
    if "," in word.text and word in options.rest and is_like_a_person(name) and not inventory.candidates(name).names:
        return _listed_with_a_person(options, inventory, name, word)
    if word in options.rest and not word.is_quoted and (other := _no_computer(options, inventory, name, word)):
        return other
    candidates = inventory.candidates(name)
    nearest = candidates.clear
    message = f"I know no computer `{shown(name)}`. I contact only computers of my inventory."
    return options.wrong(
        message,
        word,
        nearest=nearest,
        candidates=() if nearest else candidates.names,
        corrected=_with_computer(options, word, name, nearest) if nearest else "",
        choices=() if nearest else tuple(_instead(options, word, name, each) for each in candidates.names),
    )


def _instead(options: Options, word: Word, name: str, other: str) -> Suggestion:
    return Suggestion(command="", text=_with_computer(options, word, name, other))


def _listed_with_an_id(options: Options, inventory: Inventory, name: str, word: Word) -> UsageError:
    """Return the error for `comp1,3`."""
    first, *ids = [part.strip() for part in word.text.split(",")]
    is_pair = not word.is_quoted and bool(inventory.find(first)) and all(each.isdigit() for each in ids)
    meant = options.replaced(word, f"{options.text[word.start : word.end][: len(first)]} id={','.join(ids)}")
    message = f"`{name[:_SHOWN]}` is no computer. Part the id from the computer: `{first[:_SHOWN]} id={name[:_SHOWN]}`."
    return options.wrong(message, word, corrected=meant if is_pair and word in options.rest else "")


def _listed_with_a_person(options: Options, inventory: Inventory, name: str, word: Word) -> UsageError:
    """Return the error for `comp1,alice`."""
    names = names_in(word.text)
    people = [each for each in names if not inventory.find(each)]
    others = [each for each in names if each not in people]
    message = f"`{shown(name)}` is no computer. Do you mean the person?"
    meant = ",".join(account_in(each) for each in people)
    is_clear = bool(others) and all(map(is_like_a_person, people))
    return options.wrong(
        message, word, corrected=options.replaced(word, f"{','.join(others)} user={meant}") if is_clear else ""
    )


def _with_computer(options: Options, word: Word, name: str, nearest: str) -> str:
    """Return the command with the computer that was meant, `copm1:3` -> `comp1 id=3`.

    Quotes around a name with spaces are left out.
    """
    if word.is_quoted and " " in name:
        return options.replaced(word, name)
    if (parts := _WITH_ID.fullmatch(name)) and parts[1].lower() == nearest.lower() and not options.all("id"):
        return options.replaced(word, f"{nearest} id={parts[2]}")
    return options.replaced(word, options.text[word.start : word.end].replace(name, nearest, 1))


def _no_computer(options: Options, inventory: Inventory, name: str, word: Word) -> UsageError | None:
    """Return the error for a word that is an option, a state, a time, a station or a person; None for a computer."""
    said = shown(name)
    if _DATE.fullmatch(name):
        meant = tuple(Suggestion(command="", text=options.replaced(word, f"logon{sign}{name}")) for sign in "<>")
        return options.wrong(f"`{said}` is a date. Compare the logon with it.", word, choices=meant)
    if (length := duration_in(name)) is not None:
        return _a_time(options, word, said, typed(length))
    if state := state_of(name):
        message = f"`{said}` is a state: `state={state}`."
        return options.wrong(message, word, corrected=options.replaced(word, f"state={state}"))
    if STATION.fullmatch(name):
        meant_station = options.replaced(word, f"session={name}")
        return options.wrong(f"`{said}` is a window station: `session={said}`.", word, corrected=meant_station)
    if joined := _several(inventory, name):
        message = f"`{said}` is no computer. Part computers by commas, or write a range."
        return options.wrong(message, word, corrected=options.replaced(word, joined))
    if parted := _with_a_person(inventory, name):
        message = f"`{said}` is no computer. Do you mean the computer and the person?"
        return options.wrong(message, word, corrected=options.replaced(word, parted))
    if inventory.candidates(name).names:
        return None
    if filler := _filling(options, word):
        return filler
    if option := _option(options, name):
        message = f"`{said}` is no computer. It may be the option `{option}`."
        return options.wrong(message, word, nearest=option, corrected=options.replaced(word, option))
    lone = options.table.lone_quotes if options.table else None
    if lone and not options.all(lone.name) and _is_named(options, inventory):
        corrected = f"{options.text[: word.start]}{quoted(options.text[word.start :])}"
        return options.wrong("Put the text of the message in quotes.", word, corrected=corrected)
    is_named = _is_named(options, inventory)
    return _a_person(options, inventory, name, word) if is_person(word.text, inventory, is_named=is_named) else None


def _several(inventory: Inventory, name: str) -> str:
    """Return `comp1,comp2` for `comp1|comp2` or `[comp1,comp2]`, and `rds-[01-03]` for `rds-01..03`."""
    parts = [part for part in re.split(r"[|+&;,/\[\]{}() ]+", name) if part]
    if len(parts) > 1 and all(map(inventory.find, parts)):
        return ",".join(parts)
    span = re.fullmatch(r"(.*?)([0-9]{1,9})(?:\.\.+|-)(?:\1)?([0-9]{1,9})", name)
    if span and inventory.find(span[1] + span[2]) and inventory.find(span[1] + span[3]):
        return f"{span[1]}[{span[2]}-{span[3]}]"
    return ""


def _with_a_person(inventory: Inventory, name: str) -> str:
    """Return `comp1 user=alice` for `comp1:alice`, `comp1/alice` and `alice@comp1`; empty for anything else."""
    parts = [part for part in re.split(r"[:/\\@]", name) if part]
    if len(parts) != 2:
        return ""
    first, last = reversed(parts) if "@" in name else parts
    is_pair = bool(inventory.find(first)) and not inventory.find(last) and is_like_a_person(last)
    return f"{first} user={last}" if is_pair and len(last) > 1 else ""


def _filling(options: Options, word: Word) -> UsageError | None:
    """Return the error for a word that says nothing, `please`, and for a sign that stands alone."""
    text, low = options.text, word.text.lower()
    message = f"`{shown(word.text)}` means nothing here. Leave it out."
    if low in ("#", "//", "--") and text[word.end :].strip():
        reason = quoted(text[word.end :].strip())
        return options.wrong(
            f'{message} For a reason write `--reason "..."`.', word, corrected=f"{text[: word.start]}--reason {reason}"
        )
    if low in _SPANS:
        return options.wrong(
            message, word, corrected=re.sub(rf"([0-9]) +{re.escape(word.text)} +([0-9])", r"\1-\2", text)
        )
    if low in _FILLING or not any(letter.isalnum() for letter in low):
        return options.wrong(message, word, corrected=re.sub(" +", " ", options.replaced(word, "")).strip())
    return None


_SPANS = frozenset({"to", "until", "through"})
_FILLING_WORDS = (
    "a an and at for from in now off on please pls the thanks thx und bitte of with yes ok hi hello hey bot"
)
_FILLING = frozenset(_FILLING_WORDS.split())


def _a_time(options: Options, word: Word, said: str, length: str) -> UsageError:
    knows = options.table.knows if options.table else (lambda _: False)
    ways = [f"idle>{length}", *(f"--{name} {length}" for name in ("timeout", "warn") if knows(name))]
    meant = tuple(Suggestion(command="", text=options.replaced(word, way)) for way in ways)
    return options.wrong(f"`{said}` is a time. Say what for.", word, choices=meant)


def _option(options: Options, name: str) -> str:
    """Return the option that was clearly meant, with its dashes; empty for none."""
    if options.table is None or len(name) < _SHORTEST_OPTION or not name.replace("-", "").isalpha():
        return ""
    nearest = options.table.slip(name)
    if not nearest or options.table[nearest].hint:
        return ""
    return f"--{nearest}" if options.table[nearest].is_switch else ""


def _is_named(options: Options, inventory: Inventory) -> bool:
    """Return whether the command names a computer that there is."""
    named = [word for word in options.rest if not is_number(word) and not _is_unknown(word, inventory)]
    return bool(named or options.all("computer"))


def _a_person(options: Options, inventory: Inventory, name: str, word: Word) -> UsageError:
    if MENTION.fullmatch(name):
        message = "A person in Slack is no Windows account. Write the account: `user=...`."
        return options.wrong(message, word)
    is_named = _is_named(options, inventory)
    unknown = [other for other in options.rest if _is_unknown(other, inventory)]
    unknown = [other for other in unknown if other.text.lower() not in _FILLING]
    people = [other for other in unknown if is_person(other.text, inventory, is_named=is_named)]
    accounts = ",".join(dict.fromkeys(account_in(other.text) for other in people))
    message = f"`{shown(name)}` is no option and no computer. Do you mean the person?"
    if len(people) > _MOST_PEOPLE and not is_named:
        return options.wrong(f"`{shown(name)}` and others mean nothing here: I read commands, no sentences.", word)
    if len(people) > 1:
        message = f"`{shown(name)}` and others are no options and no computers. Do you mean these people?"
    if is_named:
        return options.wrong(
            message,
            word,
            corrected=_with_people(options, people, accounts),
            choices=_as_a_reason(options, people),
        )
    if inventory.default:
        return options.wrong(message, word, corrected=_with_people(options, people, accounts))
    return options.wrong(message, word, choices=(Suggestion(command="sessions", text=f"user={accounts}"),))


def _as_a_reason(options: Options, people: Sequence[Word]) -> tuple[Suggestion, ...]:
    """Return the command with these words as its reason, where they stand at its end."""
    return as_a_reason(options, people[0]) if people[-1].end == len(options.text) else ()


def _is_unknown(word: Word, inventory: Inventory) -> bool:
    if word.is_quoted or is_number(word):
        return False
    return not any(inventory.find(name) for name in names_in(word.text))


def _with_people(options: Options, people: Sequence[Word], accounts: str) -> str:
    """Return the command with `user=` in the place of the first person, and without the others."""
    text = options.text
    fillers = [word for word in options.rest if word.text.lower() in _FILLING]
    gone = sorted([*people[1:], *(word for word in fillers if word.start > people[0].start)], key=lambda w: w.start)
    for other in reversed(gone):
        text = text[: other.start].rstrip() + " " + text[other.end :].lstrip()
    first = people[0]
    return f"{text[: first.start]}user={accounts}{text[first.end :]}".strip()


def pairs(options: Options) -> tuple[Suggestion, ...]:
    """Return one command for each pair, `comp1:3 comp2:5`; none when other computers or ids stand beside them."""
    starts = {pair.start for pair in options.pairs}
    if any(word.start not in starts for word in options.rest) or options.all("computer") or options.all("id"):
        return ()
    said = [word.text for word in options.rest]
    return tuple(
        Suggestion(command="", text=f"{computer} id={ids}")
        for computer, ids in zip(said[::2], said[1::2], strict=True)
        if not options.switches
    )


def no_computer(options: Options) -> UsageError:
    """Return the error for a command that names no computer, where there is no default one."""
    people = ",".join(value.text for value in options.all("user"))
    is_filtered = any(options.all(name) for name in ("user", "state", "client", "ip", "session", "idle", "logon"))
    texts = [f"user={quoted(people) if ' ' in people else people}"] if people else []
    texts += [options.text] if is_filtered else []
    looks = tuple(Suggestion(command="sessions", text=text) for text in texts)
    error = options.wrong("Say on which computer.", choices=looks)
    error.lacks_computer = True
    return error
