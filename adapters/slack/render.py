"""Cards as Block Kit: pure functions. Text of Windows and of people goes into elements that Slack never parses."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextSectionElement,
)

from adapters.slack.limits import BODY, BUTTON_TEXT, CODE, CONTEXT_TEXT, HEADER, MESSAGE_TEXT, PARTS, cut, escape
from bot.cards.model import (
    ASK,
    Bold,
    Break,
    Channel,
    CommandButton,
    Group,
    Line,
    Mark,
    Timestamp,
    Tone,
    UserMention,
    in_parts,
    mention,
)
from bot.cards.signs import signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slack_sdk.models.blocks import RichTextElement

    from bot.cards.model import Button, Card, LinePart

DATE_FORMAT = "{date_short_pretty} {time}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A card in the form that Slack's calls take."""

    text: str  # one line, which a locked phone shows
    blocks: list[dict[str, object]]  # Block Kit as JSON values


def draw(card: Card, group_ids: Mapping[str, str] | None = None) -> Drawing:
    """Return the card as blocks within Slack's limits. `group_ids` has the ids of user groups by their handles."""
    card = replace(card, lines=tuple(_resolved(line, group_ids or {}) for line in card.lines))
    headline = cut(signed(card.sign, card.headline), HEADER)
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text=headline, emoji=False))]
    loud = [line for line in card.lines if line.tone is not Tone.QUIET]
    if loud:
        limit = next((each for each in PARTS if _length(loud, each) <= BODY), PARTS[-1])
        blocks.append(RichTextBlock(elements=[_rich(line, limit) for line in loud]))
    blocks += [_quiet(line) for line in card.lines if line.tone is Tone.QUIET]
    if card.buttons:
        buttons = [_button(button, place) for place, button in enumerate(card.buttons)]
        blocks.append(ActionsBlock(elements=buttons))
    summary = escape(cut(signed(card.sign, card.summary), MESSAGE_TEXT))
    return Drawing(text=summary, blocks=[block.to_dict() for block in blocks])


def draw_text(text: str) -> str:
    """Return the sentence for a message without blocks, with its times in the reader's zone. Nothing else is parsed."""
    return "".join(_markdown(part) for part in in_parts(cut(text, MESSAGE_TEXT)))


def draw_words(card: Card, group_ids: Mapping[str, str] | None = None) -> Drawing:
    """Return the card as text alone: its headline, and a line of mrkdwn for each of its lines."""
    lines = ["".join(_markdown(part) for part in _resolved(line, group_ids or {}).parts) for line in card.lines]
    return Drawing(text=cut("\n".join([escape(signed(card.sign, card.headline)), *lines]), MESSAGE_TEXT), blocks=[])


def draw_reply(names: tuple[str, ...], text: str, group_ids: Mapping[str, str] | None = None) -> Drawing:
    """A line that calls people and groups; its text is never parsed where it is shown."""
    called = [mention((group_ids or {}).get(name, name)) for name in names]
    line = Line(parts=(*(part for each in called for part in (each, " ")), text))
    words = "".join(_markdown(part) for part in line.parts)
    return Drawing(text=cut(words, MESSAGE_TEXT), blocks=[RichTextBlock(elements=[_rich(line, PARTS[0])]).to_dict()])


def _resolved(line: Line, group_ids: Mapping[str, str]) -> Line:
    parts = (Group(group_ids.get(part.name, part.name)) if isinstance(part, Group) else part for part in line.parts)
    return replace(line, parts=tuple(parts))


def _length(lines: list[Line], limit: int) -> int:
    """Return how many characters the lines have when each part is cut to the limit."""
    texts = [part.text if isinstance(part, Bold) else part for line in lines for part in line.parts]
    return sum(min(len(text), limit) for text in texts if isinstance(text, str))


def _rich(line: Line, limit: int) -> RichTextElement:
    if line.tone is Tone.CODE:
        text = "".join(_own(part) for part in line.parts if isinstance(part, str | Break | Mark))
        return RichTextPreformattedElement(elements=[RichTextElementParts.Text(text=cut(text, CODE))])
    return RichTextSectionElement(elements=list(_spans((*line.parts, Break()), limit)))


def _spans(parts: tuple[LinePart, ...], limit: int) -> Iterator[RichTextElement]:
    """Texts, signs and line ends that stand side by side are one element."""
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, str | Break | Mark)):
        if is_text:
            yield _text("".join(cut(_own(part), limit) for part in group))
        else:
            yield from (_part(part, limit) for part in group)


def _own(part: LinePart) -> str:
    match part:
        case Break():
            return "\n"
        case Mark():
            return part.sign
        case _:
            return str(part)


def _part(part: LinePart, limit: int) -> RichTextElement:
    match part:
        case str() | Break() | Mark():
            return _text(cut(_own(part), limit))
        case Bold():
            return RichTextElementParts.Text(text=cut(part.text, limit), style={"bold": True})
        case UserMention():
            return RichTextElementParts.User(user_id=part.user_id)
        case Group():
            return RichTextElementParts.UserGroup(usergroup_id=part.name) if _is_id(part) else _text(part.name)
        case Channel():
            return RichTextElementParts.Channel(channel_id=part.channel_id)
        case Timestamp():
            timestamp, fallback = int(part.at.timestamp()), f"{part.at:%Y-%m-%d %H:%M} UTC"
            return RichTextElementParts.Date(timestamp=timestamp, format=DATE_FORMAT, fallback=fallback)
    assert_never(part)


def _is_id(group: Group) -> bool:
    """Return whether the group has an id. A handle that was not resolved stays text, which mentions no person."""
    return group.name.startswith("S")


def _text(text: str) -> RichTextElement:
    return RichTextElementParts.Text(text=text)


def _quiet(line: Line) -> Block:
    """Return a line in small print: mrkdwn for a mention or a date, unless a text in the line would steer it."""
    if all(isinstance(part, str | Bold | Break | Mark) for part in line.parts):
        text = "".join(part.text if isinstance(part, Bold) else _own(part) for part in line.parts)
        return ContextBlock(elements=[PlainTextObject(text=cut(text, CONTEXT_TEXT), emoji=False)])
    text = "".join(_markdown(part) for part in line.parts)
    is_tame = not any(_STEERING.search(part) for part in line.parts if isinstance(part, str))
    if not is_tame or len(text) > CONTEXT_TEXT:
        return RichTextBlock(elements=[_rich(line, PARTS[0])])
    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])


_STEERING = re.compile(r"[*_~`<>&]|:[\w+'-]+:")


def _markdown(part: LinePart) -> str:
    match part:
        case str() | Break() | Mark():
            return escape(_own(part))
        case Bold():
            return f"*{escape(part.text)}*"
        case UserMention():
            return f"<@{part.user_id}>"
        case Group():
            return f"<!subteam^{part.name}>" if _is_id(part) else escape(part.name)
        case Channel():
            return f"<#{part.channel_id}>"
        case Timestamp():
            return f"<!date^{int(part.at.timestamp())}^{DATE_FORMAT}|{part.at:%Y-%m-%d %H:%M} UTC>"
    assert_never(part)


def _button(button: Button | CommandButton, place: int) -> ButtonElement:
    if isinstance(button, CommandButton):  # two elements of a block may not have one id
        label = PlainTextObject(text=cut(button.label, BUTTON_TEXT), emoji=False)
        return ButtonElement(text=label, action_id=f"press_{ASK}:{place}", value=button.value)
    return ButtonElement(
        text=PlainTextObject(text=cut(button.label, BUTTON_TEXT), emoji=False),
        action_id=f"press_{button.press.value}",
        value=button.value,
        style="danger" if button.is_danger else None,
    )
