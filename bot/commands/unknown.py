"""The answers to a word that is none of what its place wants. What it may be decides the answer, not its place alone.

A word in the place of a computer may be an option, a state, a time, a person or a misspelt computer. Each answer holds
the command as it would be written; nothing is done before a person presses its button.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.leftovers import is_number
from bot.commands.options import state_of
from bot.commands.spellings import SAID_OF_STATES, duration_in, names_in
from bot.domain.durations import typed
from bot.domain.session import KNOWN_STATES
from bot.errors import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.options import Options, Value
    from bot.commands.tokens import Word
    from bot.domain.inventory import Inventory
    from bot.domain.session import SessionState
    from bot.errors import UsageError

_SHOWN = 80
_STATION = re.compile(r"(?:rdp-tcp|rdp|ica-[a-z]+|console|services|hdx)(?:#[0-9]+)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_PERSON = re.compile(r"@?(?:[\w.-]+[\\/])?[^\W\d_][\w.'$-]*(?:@[\w.-]+)?")
_COMPUTER_LIKE = re.compile(r"[^\W\d]*[-_]?[0-9]+|.*\.[a-z]{2,}|.*\.local|[0-9.:]+", re.IGNORECASE)
_MENTION = re.compile(r"@[UW][A-Z0-9]{5,}")
_SHORTEST_OPTION = 4
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
    if _STATION.fullmatch(name):
        meant_station = options.replaced(word, f"session={name}")
        return options.wrong(f"`{said}` is a window station: `session={said}`.", word, corrected=meant_station)
    if inventory.candidates(name).names:
        return None
    if option := _option(options, name):
        message = f"`{said}` is no computer. It may be the option `{option}`."
        return options.wrong(message, word, nearest=option, corrected=options.replaced(word, option))
    return _a_person(options, inventory, name, word) if is_like_a_person(word.text) else None


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


def is_like_a_person(name: str) -> bool:
    """Return whether the word may be somebody's account: letters first, and not in the form of a computer's name."""
    return bool(_PERSON.fullmatch(name)) and ("\\" in name or "@" in name or not _COMPUTER_LIKE.fullmatch(name))


def account_in(name: str) -> str:
    """Return the account as a filter has it: `alice` for `@alice` and `alice@corp.example`."""
    bare = name.removeprefix("@").replace("/", "\\")
    return bare.partition("@")[0] if "@" in bare else bare


def _a_person(options: Options, inventory: Inventory, name: str, word: Word) -> UsageError:
    if _MENTION.fullmatch(name):
        message = "A person in Slack is no Windows account. Write the account: `user=...`."
        return options.wrong(message, word)
    people = [other for other in options.rest if _is_unknown(other, inventory) and is_like_a_person(other.text)]
    accounts = ",".join(dict.fromkeys(account_in(other.text) for other in people))
    message = f"`{shown(name)}` is no option and no computer. Do you mean the person?"
    if len(people) > 1:
        message = f"`{shown(name)}` and others are no options and no computers. Do you mean these people?"
    if options.all("computer") or len(people) < sum(not is_number(other) for other in options.rest):
        return options.wrong(message, word, corrected=_with_people(options, people, accounts))
    if inventory.default:
        return options.wrong(message, word, corrected=_with_people(options, people, accounts))
    return options.wrong(message, word, choices=(Suggestion(command="sessions", text=f"user={accounts}"),))


def _is_unknown(word: Word, inventory: Inventory) -> bool:
    if word.is_quoted or is_number(word):
        return False
    return not any(inventory.find(name) for name in names_in(word.text))


def _with_people(options: Options, people: Sequence[Word], accounts: str) -> str:
    """Return the command with `user=` in the place of the first person, and without the others."""
    text = options.text
    for other in reversed(people[1:]):
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
    error = options.wrong("Say on which computer.")
    error.lacks_computer = True
    return error


def session_id(options: Options, typed_ids: str, word: Word, last: int) -> UsageError:
    """Return the error for what stands behind `id=` and is no list of ids."""
    message = f"`{shown(typed_ids)[:40]}` is no session id. Ids are numbers from 0 to {last}: `id=3`."
    if re.fullmatch(r"[0-9]+( +[0-9]+)+", typed_ids):
        return options.wrong(message, word)
    if _STATION.fullmatch(typed_ids):
        message = f"`{shown(typed_ids)}` is a window station, no id: `session={shown(typed_ids)}`."
        return options.wrong(message, word, corrected=options.replaced(word, f"session={typed_ids}"))
    is_name = "=" in options.text[word.start : word.end] and is_like_a_person(typed_ids)
    corrected = options.replaced(word, f"user={account_in(typed_ids)}") if is_name and len(typed_ids) > 1 else ""
    return options.wrong(message, word, corrected=corrected)


def duration(options: Options, value: Value) -> UsageError:
    """Return the error for what should be a duration. A number without a unit may mean minutes or hours."""
    message = f"`{value.text[:40]}` is no duration. Write `90s`, `30m`, `2h` or `1d`."
    if value.text.isascii() and value.text.isdigit():
        ends = [(value.text + unit) for unit in "mh"]
        message = f"`{value.text[:40]}` has no unit. Write `{ends[0][:40]}` for minutes, `{ends[1][:40]}` for hours."
        return options.wrong(
            message, value.word, choices=tuple(_valued(options, value, value.operator, text) for text in ends)
        )
    return options.wrong(message, value.word)


def comparison(options: Options, value: Value, *, is_idle: bool) -> UsageError:
    """Return the error for `idle=2h` and `logon=2026-01-31`, which say no direction."""
    name = "idle" if is_idle else "logon"
    examples = "`idle>2h` is longer, `idle<2h` shorter" if is_idle else "`logon<2026-01-31` is before, `>` after"
    message = f"Compare `{name}` with >, >=, < or <=: {examples}."
    choices = tuple(_valued(options, value, sign, value.text, name) for sign in "><")
    return options.wrong(message, value.word, corrected=choices[0].text, choices=choices[1:])


def _valued(options: Options, value: Value, operator: str, text: str, name: str = "") -> Suggestion:
    """Return the command with another operator or text for this value."""
    if not name:
        corrected = options.text[: value.start] + text + options.text[value.word.end :]
        return Suggestion(command="", text=corrected)
    before = options.text[: value.word.start].rstrip()
    if "=" not in value.word.text and ":" not in value.word.text:  # `--idle 2h`: the option is the word before
        before = re.sub(r"\S+$", "", before).rstrip()
    return Suggestion(command="", text=f"{before} {name}{operator}{text}{options.text[value.word.end :]}".strip())


def state(options: Options, value: Value, pattern: str, found: Sequence[SessionState]) -> UsageError:
    """Return the error for a word that is no state, or the beginning of several."""
    said = SAID_OF_STATES.get(pattern.lower())
    meant = [said] if said is not None else list(found)
    if pattern.isascii() and pattern.isdigit() and int(pattern[:3]) < len(KNOWN_STATES):
        meant = [KNOWN_STATES[int(pattern[:3])]]
    texts = [value.text.replace(pattern, each.label.lower(), 1) for each in meant]
    choices = tuple(_valued(options, value, value.operator, text) for text in texts)
    names = ", ".join(each.label for each in KNOWN_STATES)
    if len(meant) > 1:
        message = f"`{pattern[:40]}` could be {' or '.join(each.label for each in meant)}. Write it out."
    else:
        message = f"`{pattern[:40]}` is no state. States are {names}."
    if len(choices) == 1:
        return options.wrong(message, value.word, corrected=choices[0].text)
    return options.wrong(message, value.word, choices=choices)


def date(options: Options, value: Value) -> UsageError:
    """Return the error for what is no date."""
    message = f"`{value.text[:40]}` is no date. Write `2026-01-31` or `2026-01-31T08:00` (UTC)."
    if parts := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", value.text):
        text = f"{parts[3]}-{int(parts[2]):02}-{int(parts[1]):02}"
        return options.wrong(message, value.word, corrected=_valued(options, value, value.operator, text).text)
    return options.wrong(message, value.word)
