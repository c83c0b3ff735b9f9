"""The answers to a value that does not fit its option: an id, a duration, a state, a comparison, a date."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.persons import account_in, is_like_a_person
from bot.commands.spellings import SAID_OF_STATES, states_like
from bot.commands.unknown import MENTION, STATION, shown
from bot.domain.session import KNOWN_STATES
from bot.errors import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.options import Options, Value
    from bot.commands.tokens import Word
    from bot.domain.session import SessionState
    from bot.errors import UsageError


def session_id(options: Options, typed_ids: str, word: Word, last: int) -> UsageError:
    """Return the error for what stands behind `id=` and is no list of ids."""
    message = f"`{shown(typed_ids)[:40]}` is no session id. Ids are numbers from 0 to {last}: `id=3`."
    if re.fullmatch(r"[0-9]+( +[0-9]+)+", typed_ids):
        return options.wrong(message, word)
    if STATION.fullmatch(typed_ids):
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
        before = before.rpartition(" ")[0].rstrip()
    return Suggestion(command="", text=f"{before} {name}{operator}{text}{options.text[value.word.end :]}".strip())


def state(options: Options, value: Value, pattern: str, found: Sequence[SessionState]) -> UsageError:
    """Return the error for a word that is no state, or the beginning of several."""
    said = SAID_OF_STATES.get(pattern.lower())
    meant = [said] if said is not None else list(found)
    if pattern.isascii() and pattern.isdigit() and int(pattern[:3]) < len(KNOWN_STATES):
        meant = [KNOWN_STATES[int(pattern[:3])]]
    if pattern.startswith(("!", "-")) and len(states_like(pattern[1:])) == 1 and pattern == value.text:
        meant_not = f"{options.text[: value.word.start]}state!={pattern[1:]}{options.text[value.word.end :]}"
        message = f"`{pattern[:40]}` is no state. To leave one out write `state!={pattern[1:40]}`."
        return options.wrong(message, value.word, corrected=meant_not)
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


def account(options: Options, value: Value, typed: str) -> UsageError:
    """Return the error for an address in the place of an account: Windows reports a short domain and a user."""
    if MENTION.fullmatch(typed):
        return options.wrong("A person in Slack is no Windows account. Write the account: `user=...`.", value.word)
    meant = account_in(typed)
    message = f"`{shown(typed)}` is no Windows account. Windows says `{meant}`, or `DOMAIN\\{meant}`."
    at = value.text.replace(typed, meant, 1)
    corrected = _valued(options, value, value.operator, at).text if meant else ""
    return options.wrong(message, value.word, corrected=corrected)
