"""Sentences that are nearly a command: `please log off alice on comp1`, `who is on comp1?`.

The bot reads commands and no sentences. Where every word of a sentence is known, the answer holds the command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.commands.options import state_of
from bot.commands.persons import account_in, is_like_a_person
from bot.commands.spellings import computer_in, duration_in, ids_in
from bot.commands.tokens import quoted
from bot.domain.actions import Action, facts_of
from bot.domain.durations import typed
from bot.errors import Suggestion

if TYPE_CHECKING:
    from bot.domain.inventory import Inventory

_VERBS = {
    Action.LOG_OFF: "logoff logout kick end kill terminate remove boot throw sign close stop drop",
    Action.DISCONNECT: "disconnect",
    Action.LIST: "who list show see look find where check sessions which what get display",
}
_ACTION_OF = {word: action for action, words in _VERBS.items() for word in words.split()}
_FILLING = (
    "a about an and are at be can could currently do does for from give hi hello hey him her i is it its just kindly"
    " log logged login machine me my need of off on out person please pls server session sessions sign signed so that"
    " the their them there these this to user users want we with would you your computer host people someone somebody"
    " anybody anyone in now immediately idle how when why"
)
_FILLERS = frozenset(_FILLING.split())
_LOGS_OFF = re.compile(
    r"\b(?:log|sign|kick|throw|boot)(?:ged|ging|s)? +(?:\S+ +){0,4}?(?:off|out)\b|\blogg?(?:off|out)\b"
)
_EVERYBODY = frozenset({"everyone", "everybody", "all"})
_BECAUSE = re.compile(r"(?<![\w=\"'-])(?:because(?: of)?|since)\b[: ]*")
_MOST_PEOPLE = 2
_FEWEST_WORDS = 3
_MOST_WORDS = 60


@dataclass(slots=True)
class _Sentence:
    """What the words of a sentence name."""

    computers: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    action: Action | None = None
    is_everybody: bool = False
    fillers: int = 0


def meant_by(text: str, typed_for: Action, inventory: Inventory) -> tuple[Suggestion, ...]:
    """Return the command that the sentence means; nothing when a word of it is not understood."""
    said, _, reason = (text, "", "")
    if because := _BECAUSE.search(text.lower()):
        said, reason = text[: because.start()], text[because.end() :].strip(" .!?\"'")
    sentence = _read(text, said, inventory)
    if sentence is None or not (sentence.action or sentence.fillers > 1 or reason):
        return ()
    action = sentence.action or typed_for
    where, whom = ",".join(dict.fromkeys(sentence.computers)), _whom(sentence)
    if not where and not sentence.people:
        return ()
    if not where:  # an act never looks for its computer
        return (Suggestion(command=facts_of(Action.LIST).command, text=" ".join(whom)),)
    if facts_of(action).only_reads:
        return (Suggestion(command=facts_of(action).command, text=" ".join([where, *whom])),)
    whom += ["--all"] if sentence.is_everybody and not whom else []
    whom += [f"--reason {quoted(reason)}"] if reason else []
    return (Suggestion(command=facts_of(action).command, text=" ".join([where, *whom])),)


def _whom(sentence: _Sentence) -> list[str]:
    words = [f"id={','.join(sentence.ids)}"] if sentence.ids else []
    words += [f"user={','.join(dict.fromkeys(sentence.people))}"] if sentence.people else []
    return words + sentence.filters


def _read(text: str, said: str, inventory: Inventory) -> _Sentence | None:
    """Return what the words name; None when one of them is not understood, or the text is too short a sentence."""
    words = [word.strip(".,!?;:()") for word in said.split(maxsplit=_MOST_WORDS) if word.strip(".,!?;:()")]
    if len(words) > _MOST_WORDS:
        return None
    is_short = len(text.split()) < _FEWEST_WORDS
    if is_short and not (len(words) > 1 and words[0].lower() in _ACTION_OF):
        return None
    sentence = _Sentence(action=Action.LOG_OFF if _LOGS_OFF.search(said.lower()) else None)
    at = 0
    while at < len(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        used = _take(sentence, words[at], following, inventory)
        if not used:
            return None
        at += used
    return sentence if len(sentence.people) <= _MOST_PEOPLE else None


def _take(sentence: _Sentence, word: str, following: str, inventory: Inventory) -> int:
    """Return how many words were understood: one, two, or none."""
    low = word.lower()
    name = word if inventory.stands_for_something(word) else computer_in(word, inventory.stands_for_something)
    if name:
        sentence.computers.append(name)
    elif "=" in word or word.startswith("--"):
        sentence.filters.append(word)
    elif ids := ids_in(word):
        if (length := duration_in(f"{word}{following}")) is not None:
            sentence.filters.append(f"idle>{typed(length)}")
            return 2
        sentence.ids.append(ids)
    elif low in _EVERYBODY:
        sentence.is_everybody = True
    elif low in _ACTION_OF:
        sentence.action = sentence.action or _ACTION_OF[low]
    elif low in _FILLERS or low.endswith("'s"):
        sentence.fillers += 1
    elif state := state_of(word):
        sentence.filters.append(f"state={state}")
    elif is_like_a_person(word) and low.isalpha() | ("\\" in low) | ("." in low):
        sentence.people.append(account_in(word))
    else:
        return 0
    return 1
