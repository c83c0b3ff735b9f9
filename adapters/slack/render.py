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
    Option,
    OverflowMenuElement,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    RichTextSectionElement,
    SectionBlock,
)

from adapters.slack.fitting import NOTHING, fitted, length_of, whole
from adapters.slack.limits import (
    BODY,
    BUTTON_TEXT,
    CODE,
    CONTEXT_TEXT,
    HEADER,
    MESSAGE_TEXT,
    MORE_TEXT,
    OPTION_TEXT,
    PARTS,
    SECTION_TEXT,
    cut,
    escape,
    escape_within,
)
from adapters.slack.payloads import MENU_ACTION, option_value
from adapters.slack.table import DATE_FORMAT, TABLE_REST, draw_table, table_lines
from bot.cards.model import (
    Bold,
    Break,
    Card,
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
    from collections.abc import Iterator, Mapping, Sequence

    from slack_sdk.models.blocks import RichTextElement

    from bot.cards.model import Button, LinePart


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A card in the form that Slack's calls take."""

    text: str  # one line, which a locked phone shows
    blocks: list[dict[str, object]]  # Block Kit as JSON values


def draw(card: Card, group_ids: Mapping[str, str] | None = None) -> Drawing:
    """Return the card as blocks within Slack's limits. `group_ids` has the ids of user groups by their handles."""
    card = fitted(replace(card, lines=tuple(_resolved(line, group_ids or {}) for line in card.lines)))
    head = HeaderBlock(text=PlainTextObject(text=cut(signed(card.sign, card.headline), HEADER), emoji=False)).to_dict()
    below = [block.to_dict() for block in _below(card)]
    summary = escape_within(signed(card.sign, card.summary), MESSAGE_TEXT)
    table = draw_table(card, [head, *below])  # a menu alone picks one of the lines, so it stands below them
    return Drawing(text=summary, blocks=[head, *table, *below] if card.table else [head, *below, *table])


def _below(card: Card) -> Iterator[Block]:
    """Yield the blocks of lines and buttons, which stand below the headline and the table."""
    loud = [line for line in card.lines if line.tone is not Tone.QUIET]
    if loud:
        limit = next((each for each in PARTS if _length(loud, each) <= BODY), PARTS[-1])
        yield RichTextBlock(elements=[_rich(line, limit) for line in loud])
    yield from (_quiet(line) for line in card.lines if line.tone is Tone.QUIET)
    if card.pressable:
        yield ActionsBlock(elements=list(_pressable(card)))


def draw_text(text: str) -> str:
    """Return the sentence for a message without blocks, with its times in the reader's zone. Nothing else is parsed."""
    shown = cut(text, MESSAGE_TEXT)
    while len(drawn := "".join(_markdown(part) for part in in_parts(shown))) > MESSAGE_TEXT:
        shown = cut(text, len(shown) * MESSAGE_TEXT // len(drawn))
    return drawn


def draw_words(card: Card, group_ids: Mapping[str, str] | None = None) -> Drawing:
    """Return the card as text alone: its headline, and a line of mrkdwn for each of its lines."""
    card = fitted(replace(card, lines=tuple(_resolved(line, group_ids or {}) for line in card.lines)))
    limit = next((each for each in PARTS if _words(card, each) <= MESSAGE_TEXT), PARTS[-1])
    head = escape_within(signed(card.sign, card.headline), HEADER)
    below = ["".join(_cut_words(line, limit)) for line in card.lines]
    room = MESSAGE_TEXT - TABLE_REST - sum(len(line) + 1 for line in (head, *below))
    lines = [head, *(table_lines(card.table, room) if card.table else ()), *below]
    kept = [line for place, line in enumerate(lines) if len("\n".join(lines[: place + 1])) <= MESSAGE_TEXT - MORE_TEXT]
    more = [f"and {len(lines) - len(kept):,} more lines"] if len(kept) < len(lines) else []
    return Drawing(text="\n".join([*kept, *more]), blocks=[])


def _cut_words(line: Line, limit: int) -> Iterator[str]:
    for part in line.parts:
        yield _markdown(replace(part, text=cut(part.text, limit)) if isinstance(part, Bold) else _cut_text(part, limit))


def _cut_text(part: LinePart, limit: int) -> LinePart:
    return cut(part, limit) if isinstance(part, str) else part


def _words(card: Card, limit: int) -> int:
    return HEADER + MORE_TEXT + sum(1 + len(each) for line in card.lines for each in _cut_words(line, limit))


def draw_lines(lines: Sequence[Line], group_ids: Mapping[str, str]) -> list[Block]:
    """Return the lines as blocks of a view: small print by itself, all others together."""
    resolved = fitted(Card(headline="", summary="", lines=tuple(_resolved(line, group_ids) for line in lines))).lines
    loud = [line for line in resolved if line.tone is not Tone.QUIET]
    limit = next((each for each in PARTS if _length(loud, each) <= BODY), PARTS[-1])
    blocks: list[Block] = [RichTextBlock(elements=[_rich(line, limit) for line in loud])] if loud else []
    return [*blocks, *(_quiet(line) for line in resolved if line.tone is Tone.QUIET)]


def draw_row(line: Line, group_ids: Mapping[str, str]) -> SectionBlock | RichTextBlock:
    """Return a row that may have a button beside it; as rich text, which has none, where a text would steer mrkdwn."""
    line = whole(_resolved(line, group_ids))
    text = "".join(_markdown(part) for part in line.parts)
    if not _is_tame(line) or len(text) > SECTION_TEXT:
        return RichTextBlock(elements=[_rich(line, PARTS[1])])
    return SectionBlock(text=MarkdownTextObject(text=text or NOTHING, verbatim=True))


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
    return sum(length_of(line, limit) for line in lines)


def _rich(line: Line, limit: int) -> RichTextElement:
    if line.tone is Tone.CODE:
        text = "".join(_own(part) for part in line.parts if isinstance(part, str | Break | Mark))
        return RichTextPreformattedElement(elements=[RichTextElementParts.Text(text=cut(text, min(CODE, limit)))])
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
    if not _is_tame(line) or len(text) > CONTEXT_TEXT:
        return RichTextBlock(elements=[_rich(line, PARTS[0])])
    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])


def _is_tame(line: Line) -> bool:
    """Return whether no text of the line steers mrkdwn."""
    texts = (part.text if isinstance(part, Bold) else part for part in line.parts)
    return not any(_STEERING.search(text) for text in texts if isinstance(text, str))


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


def _pressable(card: Card) -> Iterator[ButtonElement | OverflowMenuElement]:
    yield from (_button(button, place) for place, button in enumerate(card.buttons))
    if card.menu:
        yield OverflowMenuElement(action_id=MENU_ACTION, options=[_option(entry) for entry in card.menu])


def _option(entry: Button | CommandButton) -> Option:
    label = PlainTextObject(text=cut(entry.label, OPTION_TEXT), emoji=False)
    return Option(value=option_value(entry), text=label)


def _button(button: Button | CommandButton, place: int) -> ButtonElement:
    if isinstance(button, CommandButton):  # two elements of a block may not have one id
        label = PlainTextObject(text=cut(button.label, BUTTON_TEXT), emoji=False)
        return ButtonElement(text=label, action_id=f"press_{button.press}:{place}", value=button.value)
    return ButtonElement(
        text=PlainTextObject(text=cut(button.label, BUTTON_TEXT), emoji=False),
        action_id=f"press_{button.press.value}",
        value=button.value,
        style="danger" if button.is_danger else None,
    )
