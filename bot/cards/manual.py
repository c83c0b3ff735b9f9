"""The answer to `help`: from the commands' own declarations, short enough for a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.cards.model import Bold, Card, Line, Tone
from bot.cards.notices import examples
from bot.commands import BY_NAME, COMMANDS
from bot.commands.parameters import Table
from bot.errors import Suggestion

if TYPE_CHECKING:
    from bot.cards.notices import Asked
    from bot.commands.parameters import Parameter

_HELP = re.compile(r"(?:(?:--?|/)?(?:help|h|hilfe|man|usage)|[-/]?\?)(?: +(?P<topic>.*))?", re.IGNORECASE)
_AT_THE_END = re.compile(r".* (?:--help|-h|[-/]\?|help)", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"what (?:can|do) (?:you|i) do(?: here)?"
    r"|how (?:do|does|can) (?:i|this|it|you|that) (?:work|use (?:this|it|you))"
    r"|what is this|who are you|(?:show )?(?:me )?(?:the |all )?(?:commands|usage|options|examples?)",
    re.IGNORECASE,
)
_LONGEST_TOPIC = 40


def topic_in(text: str) -> str | None:
    """Return what help is wanted for; empty for the command itself, None for a text that asks for no help."""
    said = " ".join(text.split())
    if found := _HELP.fullmatch(said):
        return (found["topic"] or "").strip()
    return "" if _AT_THE_END.fullmatch(said) or _IN_WORDS.fullmatch(said.rstrip("?!. ")) else None


def manual(asked: Asked, topic: str = "", contact: str = "") -> Card:
    """Return the answer to `/logoff help` and to `/logoff help filters`."""
    wanted = topic.lower().strip("/ ")
    name = asked.names.name_of(wanted)
    if not wanted or name in BY_NAME:
        return _of_command(asked.of(name) if wanted else asked, contact)
    found = [each for each in BY_NAME[asked.command].parameters if each.topic == wanted]
    if not found:
        fits = Table(BY_NAME[asked.command].parameters).fits(wanted)
        found = [each for each in fits if each.about]
    if found:
        return _card(f"{asked.slash} help {wanted}", [_row(parameter) for parameter in found], asked)
    unknown = f"I have no help for {topic[:_LONGEST_TOPIC]}."
    return _card(unknown, [Line(parts=(f"There is: {', '.join(topics(asked))}.",))], asked)


def topics(asked: Asked) -> list[str]:
    """Return the words that may stand behind `help`."""
    named = [each.topic for each in BY_NAME[asked.command].parameters if each.topic]
    return [*dict.fromkeys(named), *(each.name for each in COMMANDS if each.name != asked.command)]


def _of_command(asked: Asked, contact: str) -> Card:
    command = BY_NAME[asked.command]
    lines = [
        *examples(asked),
        Line(parts=(f"More: {asked.slash} help {' | '.join(topics(asked))}",), tone=Tone.QUIET),
    ]
    if command.cmdlet:
        lines.insert(-1, Line(parts=(f"{command.cmdlet} with its parameters is understood, too.",), tone=Tone.QUIET))
        lines.append(Line(parts=(f"{asked.slash} status shows what waits and runs.",), tone=Tone.QUIET))
    if contact:
        lines.append(Line(parts=(f"Questions: {contact}",), tone=Tone.QUIET))
    return _card(f"{asked.slash}: {command.description}", lines, asked)


def _row(parameter: Parameter) -> Line:
    return Line(parts=(Bold(parameter.shape), f"  {parameter.about}"), tone=Tone.ROW)


def _card(headline: str, lines: list[Line], asked: Asked) -> Card:
    pages = [Suggestion(command=asked.command, text=f"help {topic}") for topic in topics(asked)]
    return Card(
        headline=headline,
        summary=headline,
        lines=tuple(lines),
        buttons=tuple(asked.button(page, label=page.text.capitalize()) for page in pages[:5]),
    )
