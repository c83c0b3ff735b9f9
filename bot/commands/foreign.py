"""Commands of Windows and of its modules, as the words of the bot's own: `quser`, `msg`, `Invoke-RDUserLogoff`.

A command that reads may stand behind any slash command. One that acts is read too, so that the answer can hold the
slash command that does the same. Only the bot's own words act, and only behind their own slash command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.parameters import is_dashed
from bot.commands.spellings import ids_in
from bot.commands.tokens import Word, quoted, split
from bot.domain.actions import FACTS, Action
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


_LIST, _STOP, _DISCONNECT, _SEND = (
    FACTS[action].cmdlet for action in (Action.LIST, Action.LOG_OFF, Action.DISCONNECT, Action.MESSAGE)
)
_PROGRAMS = {
    ("quser",): Action.LIST,
    ("qwinsta",): Action.LIST,
    ("query", "user"): Action.LIST,
    ("query", "session"): Action.LIST,
    ("query",): Action.LIST,
    ("rwinsta",): Action.LOG_OFF,
    ("reset", "session"): Action.LOG_OFF,
    ("logoff",): Action.LOG_OFF,
    ("tsdiscon",): Action.DISCONNECT,
    ("msg",): Action.MESSAGE,
}
"""The programs of Windows; the longer names first where one begins with another."""

_CMDLETS = {
    "get-rdusersession": _LIST,
    "invoke-rduserlogoff": _STOP,
    "disconnect-rduser": _DISCONNECT,
    "send-rdusermessage": _SEND,
}
_PARAMETERS = {
    "-hostserver": "-ComputerName",
    "-unifiedsessionid": "-Id",
    "-messagetitle": "-Caption",
    "-messagebody": "-Text",
}
_ACTION_OF_CMDLET = {facts.cmdlet.lower(): action for action, facts in FACTS.items() if facts.cmdlet}
_ACTION_OF_NAME = {facts.command: action for action, facts in FACTS.items()}
_OTHERS = {
    "shutdown": "I restart and stop no computer.",
    "restart-computer": "I restart and stop no computer.",
    "stop-computer": "I restart and stop no computer.",
    "taskkill": "I end sessions, no single programs.",
    "tskill": "I end sessions, no single programs.",
    "stop-process": "I end sessions, no single programs.",
    "stop-tsprocess": "I end sessions, no single programs.",
    "get-tsprocess": "I list sessions, no programs.",
    "get-process": "I list sessions, no programs.",
    "qprocess": "I list sessions, no programs.",
    "tasklist": "I list sessions, no programs.",
    "query process": "I list sessions, no programs.",
    "query termserver": "I know the computers of app.yaml only; name one, or a pattern like rds-*.",
    "get-tsservers": "I know the computers of app.yaml only; name one, or a pattern like rds-*.",
    "get-tscurrentsession": "I have no session of my own; name the computer.",
    "shadow": "I shadow nobody.",
    "mstsc": "I open no window to a computer.",
    "net": "I end sessions of terminal servers only.",
    "enter-pssession": "I run no other command on a computer.",
    "invoke-command": "I run no other command on a computer.",
}
"""Programs and cmdlets that are near and do what the bot does not."""

_STATION = re.compile(r"(?:rdp|ica|hdx)-[\w-]*#[0-9]+|console", re.IGNORECASE)
_SCRIPT = re.compile(r"\| *(?:where(?:-object)?|foreach(?:-object)?|\?|%)[ {].*|\{ *\$_.*", re.IGNORECASE)
_IS_ALL = "*"
_SWITCH = re.compile(r"/(?:server|vm?)(?::|$)", re.IGNORECASE)
_TIME = re.compile(r"/time(?::|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A command of another program."""

    action: Action  # what it does
    text: str  # the same as it stands behind the slash command of this action
    is_windows: bool = True  # in words of Windows; False: in the bot's own, or those of the cmdlets it stands for


def translated(text: str) -> Foreign | None:
    """Return the command of another program in the bot's words; None for a text that begins with none.

    Raises `UsageError` for a quote that is not closed, and for a program that does what the bot does not.
    """
    if text.lower().startswith("get-") and (script := _SCRIPT.search(text)):
        message = "I run no script blocks. Filters are options: `state=active`, `user=alice`, `idle>2h`."
        raise UsageError(message, text=text, start=script.start(), end=script.end())
    words = split(text)
    if not words or words[0].is_quoted:
        return None
    plain = [word.text.lower().removesuffix(".exe").removeprefix("/") for word in words[:2]]
    for length in (1, 2):
        if sentence := _OTHERS.get(" ".join(plain[:length])):
            raise UsageError(sentence, text=text, start=words[0].start, end=words[:length][-1].end)
    if cmdlets := _cmdlets(words, text):
        return cmdlets
    for name, action in _PROGRAMS.items():
        if tuple(plain[: len(name)]) == name and not (name == ("query",) and len(words) > 1):
            rest = words[len(name) :]
            said = _message(rest, text) if action is Action.MESSAGE else _selection(rest, text, action)
            return Foreign(action, said, is_windows=plain[0] not in _ACTION_OF_NAME or _is_of_windows(words))
    if plain[0] in _ACTION_OF_NAME:
        return Foreign(_ACTION_OF_NAME[plain[0]], text[words[0].end :].strip(), is_windows=False)
    return None


def _is_of_windows(words: Sequence[Word]) -> bool:
    """Return whether `logoff` is Windows' own program, which has switches with a slash, and not the bot's command."""
    return words[0].text.lower().endswith(".exe") or any(_SWITCH.match(word.text) for word in words[1:])


def _cmdlets(words: Sequence[Word], text: str) -> Foreign | None:
    """Return a pipeline of cmdlets with the names that PSTerminalServices has. The last one says what is done."""
    renamed = [(_CMDLETS | _PARAMETERS).get(word.text.lower(), "") for word in words]
    renamed = [new if not word.is_quoted else "" for word, new in zip(words, renamed, strict=True)]
    for word in words:
        if word.text.lower() in ("-connectionbroker", "-collectionname"):
            message = f"`{word.text}` means nothing here: I ask the hosts themselves. Name the computer instead."
            raise UsageError(message, text=text, start=word.start, end=word.end)
    first = (renamed[0] or words[0].text).lower()
    if first not in _ACTION_OF_CMDLET:
        return None
    letters, position = [""], 0
    for word, new in zip(words, renamed, strict=True):
        letters += [text[position : word.start], new or text[word.start : word.end]]
        position = word.end
    said = "".join([*letters, text[position:]]).strip()
    called = [part.split()[0].lower() for part in said.split("|") if part.split()]
    acts = [_ACTION_OF_CMDLET[each] for each in called if _ACTION_OF_CMDLET.get(each, Action.LIST) is not Action.LIST]
    is_windows = any(word.text.lower() in _CMDLETS for word in words if not word.is_quoted)
    return Foreign(acts[0] if acts else _ACTION_OF_CMDLET[first], said, is_windows=is_windows)


def _selection(words: Sequence[Word], text: str, action: Action) -> str:
    """Return `rdp-tcp#5 /server:comp1` with `session=`, and the name of a person with `user=`."""
    said = [text[word.start : word.end] for word in words]
    for place, word in enumerate(words):
        if word.is_quoted or is_dashed(word.text) or "=" in word.text or ids_in(word.text):
            continue
        if place and words[place - 1].text.lower() in ("/server", "-server"):
            continue
        if _STATION.fullmatch(word.text):
            said[place] = f"session={word.text}"
        elif action is Action.LIST and any(each.text.lower().startswith(("/server", "-server")) for each in words):
            said[place] = f"user={word.text}"
    return _in_order(said)


def _message(words: Sequence[Word], text: str) -> str:
    """Return `msg alice /server:comp1 hello there` with `user=` and the text in quotes.

    `/time` and `/w`, which have no meaning here, are left out.
    """
    options, rest = list[str](), list[Word]()
    skips = False
    for word in words:
        if skips:
            skips = False
        elif word.is_quoted or not is_dashed(word.text) or word.text.lower() in ("/server", "-server"):
            rest.append(word)
        elif _TIME.match(word.text):
            skips = word.text.lower() == "/time"
        elif word.text.lower() != "/w":
            options.append(text[word.start : word.end])
    rest = _without_server(rest, options)
    if not rest:
        return _in_order(options)
    whom, *said = rest
    meant = whom.text
    if meant == _IS_ALL:
        options.append("--all")
    elif _STATION.fullmatch(meant):
        options.append(f"session={meant}")
    else:
        options.append(f"id={meant}" if ids_in(meant) else f"user={meant}")
    if said:
        options.append(f"--text {quoted(' '.join(word.text for word in said))}")
    return _in_order(options)


def _without_server(rest: list[Word], options: list[str]) -> list[Word]:
    """Return the words without `/server comp1`, which becomes an option."""
    for place, word in enumerate(rest[:-1]):
        if word.text.lower() in ("/server", "-server"):
            options.insert(0, f"/server:{rest[place + 1].text}")
            return rest[:place] + rest[place + 2 :]
    return rest


def _in_order(said: Sequence[str]) -> str:
    """Return the words with the computer first."""
    servers = [word for word in said if word.lower().startswith(("/server:", "-server:"))]
    return " ".join([*servers, *(word for word in said if word not in servers)])
