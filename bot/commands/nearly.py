"""The errors for words that are nearly an option: `id 3`, `force`, `-Id3`, `idle > 2h`, `user= bob`.

They name no computer. Each error shows the option as it has to be written; the bot does not guess.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.options import wrong_at
from bot.commands.spellings import ids_in

if TYPE_CHECKING:
    from bot.commands.options import Options
    from bot.commands.parameters import Table
    from bot.commands.tokens import Word
    from bot.errors import UsageError

_GLUED_ID = re.compile(r"(?:--?|/)?(?:id|ids|sessionid|session|nr)[#.]*([0-9][0-9.,;#-]*)", re.IGNORECASE)
_OPERATOR = re.compile(r" +(>=|<=|=|>|<|:) *(?=[^ ])")
_NAME = re.compile(r"[A-Za-z-]+")
_BEHIND = "!.;,"
_OWN_SESSION = "session"


def parted(options: Options, name: str, word: Word, following: Word) -> UsageError:
    """Return the error for `id= 3`, where a space parts the value from its name."""
    joined = options.text[: word.end] + options.text[following.start :]
    message = f"`{name}` is empty. Write its value right behind it, without a space."
    return wrong_at(options, message, [following], start=word.start, corrected=joined)


def glued_ids(word: Word) -> str:
    """Return the ids of `id3`, `-Id3` or `session#3`; empty for any other word."""
    glued = _GLUED_ID.fullmatch(word.text)
    return ids_in(glued[1]) if glued else ""


def an_option(options: Options, table: Table, word: Word, following: Word | None) -> UsageError | None:
    """Return the error for an unquoted word that is nearly an option and no computer; None for any other word."""
    text = word.text
    if text.lower() in ("group", "group:") and following:
        meant = f"group:{following.text}"
        joined = options.text[: word.start] + meant + options.text[following.end :]
        message = f"Write a group and its name as one word: `{meant[:40]}`."
        return wrong_at(options, message, [following], start=word.start, corrected=joined)
    if _NAME.fullmatch(text) and table.knows(text):
        return _undashed(options, table, word, following)
    if text.startswith("-") and not text.lower().lstrip("-").startswith("group:"):
        return _no_option(options, table, word)
    return None


def _undashed(options: Options, table: Table, word: Word, following: Word | None) -> UsageError | None:
    """Return the error for an option without its dashes or its `=`: `force`, `user alice`; None if it has a hint."""
    parameter, text = table[word.text], options.text
    if parameter.hint:
        without = options.without(word)
        return options.wrong(parameter.hint, word, corrected=without) if parameter.is_switch else None
    if parameter.is_switch:
        meant = f"--{parameter.name}"
        message = f"`{word.text}` is an option. It is written `{meant}`."
        return options.wrong(message, word, corrected=options.replaced(word, meant))
    name = "id" if word.text.lower() == _OWN_SESSION and following and following.text.isdigit() else word.text
    if apart := _OPERATOR.match(text, word.end):
        message = f"Write `{word.text}{apart[1]}...` as one word, without spaces."
        corrected = text[: word.end] + apart[1] + text[apart.end() :]
        return options.wrong(message, word, corrected=corrected)
    message = f"`{word.text}` is an option. Write its value right behind it: `{name}=...`."
    corrected = f"{text[: word.start]}{name}={text[following.start :]}" if following else ""
    return options.wrong(message, word, corrected=corrected)


def _no_option(options: Options, table: Table, word: Word) -> UsageError:
    """Return the error for a word that begins with a dash and is no option: `--force!`, `-5`, `--`."""
    plain = word.text.rstrip(_BEHIND)
    is_known = plain != word.text and table.knows(plain.lstrip("-"))
    meant = plain if is_known else ""
    corrected = options.replaced(word, meant) if is_known else ""
    message = f"`{word.text[:40]}` is no option. Write it without what stands behind it, or leave it out."
    if re.fullmatch(r"-[0-9]*", plain):
        message = f"`{plain[:40]}` is no session id. Write a range as one word: `3-5`."
    elif not is_known:
        message = f"`{word.text[:40]}` is no option, and no computer begins with a dash. Leave it out."
    return options.wrong(message, word, corrected=corrected)
