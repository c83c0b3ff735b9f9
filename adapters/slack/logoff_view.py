"""The form of `/logoff` as a Slack modal, and what a person wrote into it.

A value stays in a modal that is updated while its block and element keep their ids, so the sessions of each look and
of each page have a block of their own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    CheckboxesElement,
    ExternalDataSelectElement,
    InputBlock,
    NumberInputElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    SectionBlock,
    StaticMultiSelectElement,
)
from slack_sdk.models.views import View

from adapters.slack.fitting import NOTHING
from adapters.slack.limits import HINT, MESSAGE_TEXT, OPTION_TEXT, OPTION_VALUE, cut
from adapters.slack.payloads import actor_of
from bot.cards import logoff_form as words
from bot.cards.logoff_form import FormField
from bot.domain.ask import LONGEST_REASON
from bot.domain.draft import Draft
from bot.domain.people import Place
from bot.workflow.form_intake import COMMAND, FormCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from slack_sdk.models.blocks import Block

    from bot.cards.logoff_form import LogoffForm

LOGOFF_CALLBACK = "logoff_form"
SHORTCUT_CALLBACK = "log_somebody_off"
HOST, SESSIONS, PAGE, ACT, TEXT, OPTIONS, WARN, REASON = (
    f"form_{name}" for name in ("host", "sessions", "page", "act", "text", "options", "warn", "reason")
)
MOST_TICK_BOXES = 10
"""Above so many sessions Slack has no tick boxes, and the form has a menu."""

_WAIT = "sync"
_EMPTY: dict[str, Any] = {}
_MOST_PAGES = 10_000
_DIGITS = re.compile(r"\d{1,6}", re.ASCII)


def logoff_view(form: LogoffForm) -> View:
    """Return the form as a modal. What it keeps stands in its metadata, far below Slack's 3,000 characters."""
    draft = form.draft
    blocks: list[Block] = [_host(draft), SectionBlock(block_id="form_note", text=_plain(form.note, MESSAGE_TEXT))]
    if form.rows:
        blocks.append(_sessions(form))
    if form.pages > 1:
        blocks.append(_pages(form))
    return View(
        type="modal",
        callback_id=LOGOFF_CALLBACK,
        private_metadata=_kept(draft),
        title=_plain(words.TITLE),
        submit=_plain(words.SUBMIT),
        close=_plain(words.CLOSE),
        blocks=[*blocks, *_options()],
    )


def tick_boxes(
    action_id: str, options: list[Option], ticked: list[Option]
) -> CheckboxesElement | StaticMultiSelectElement:
    """Return tick boxes for these options, or a menu where they are more than Slack has boxes."""
    kind = CheckboxesElement if len(options) <= MOST_TICK_BOXES else StaticMultiSelectElement
    return kind(action_id=action_id, options=options, initial_options=ticked or None)


def options_of(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the options of the menu of computers. A name that no option can hold has to be typed in a command."""
    return [_option(name, name).to_dict() for name in names if len(name) <= OPTION_VALUE]


def _host(draft: Draft) -> InputBlock:
    return InputBlock(
        block_id=HOST,
        label=_plain(words.HOST),
        hint=_plain(words.HOST_HINT),
        dispatch_action=True,
        element=ExternalDataSelectElement(
            action_id=HOST,
            placeholder=_plain(words.HOST_EMPTY),
            min_query_length=0,
            initial_option=_option(draft.host, draft.host) if draft.host else None,
        ),
    )


def _sessions(form: LogoffForm) -> InputBlock:
    """Optional by Slack's rules: ticks of another page count as well, and the bot says when there is none at all."""
    options = [_option(row.text, str(row.place)) for row in form.rows]
    ticked = [option for row, option in zip(form.rows, options, strict=True) if row.place in form.draft.ticked]
    return InputBlock(
        block_id=f"{SESSIONS}:{form.draft.look}:{form.draft.page}",
        label=_plain(words.SESSIONS),
        optional=True,
        element=tick_boxes(SESSIONS, options, ticked),
    )


def _pages(form: LogoffForm) -> ActionsBlock:
    page = form.draft.page
    turns = [(words.PREVIOUS, page - 1)] * (page > 0) + [(words.NEXT, page + 1)] * (page + 1 < form.pages)
    buttons = [ButtonElement(action_id=f"{PAGE}:{to}", value=str(to), text=_plain(text)) for text, to in turns]
    return ActionsBlock(block_id=f"{PAGE}:{form.draft.look}:{page}", elements=buttons)


def _options() -> list[Block]:
    acts = [_option(text, name) for name, text in words.ACTS]
    return [
        InputBlock(
            block_id=ACT,
            label=_plain(words.ACT),
            element=RadioButtonsElement(action_id=ACT, options=acts, initial_option=acts[0]),
        ),
        InputBlock(
            block_id=TEXT,
            label=_plain(words.TEXT),
            hint=_plain(words.TEXT_HINT, HINT),
            optional=True,
            element=PlainTextInputElement(action_id=TEXT, max_length=LONGEST_REASON),
        ),
        InputBlock(
            block_id=OPTIONS,
            label=_plain(words.OPTIONS),
            optional=True,
            element=CheckboxesElement(action_id=OPTIONS, options=[_option(words.WAIT, _WAIT)]),
        ),
        InputBlock(
            block_id=WARN,
            label=_plain(words.WARN),
            hint=_plain(words.WARN_HINT),
            optional=True,
            element=NumberInputElement(action_id=WARN, is_decimal_allowed=False),
        ),
        InputBlock(
            block_id=REASON,
            label=_plain(words.REASON),
            optional=True,
            element=PlainTextInputElement(action_id=REASON, max_length=LONGEST_REASON),
        ),
    ]


def _plain(text: str, limit: int = OPTION_TEXT) -> PlainTextObject:
    return PlainTextObject(text=cut(text, limit) or NOTHING, emoji=False)


def _option(text: str, value: str) -> Option:
    return Option(text=_plain(text), value=value)


def _kept(draft: Draft) -> str:
    ticks = sum(1 << place for place in draft.ticked)
    place = draft.place
    return json.dumps([place.channel_id, place.name[:80], draft.host, draft.look, draft.page, f"{ticks:x}"])


def draft_of(view: Mapping[str, Any]) -> Draft:
    """Return what the form kept; an empty draft for what no form of the bot keeps. Nothing in it is a right."""
    try:
        channel, name, host, look, page, ticks = json.loads(str(view.get("private_metadata")))
        bits, shown = int(ticks, 16), int(page)
    except (TypeError, ValueError, RecursionError):
        return Draft(place=Place(channel_id=""))
    return Draft(
        place=Place(channel_id=str(channel), name=str(name)),
        host=str(host),
        look=str(look),
        page=max(0, min(shown, _MOST_PAGES)),
        ticked=frozenset(place for place in range(bits.bit_length()) if bits >> place & 1),
    )


def ticked_in(view: Mapping[str, Any], draft: Draft) -> frozenset[int]:
    """Return the places that are ticked on the page that the form shows."""
    chosen = _entered(view, f"{SESSIONS}:{draft.look}:{draft.page}", SESSIONS).get("selected_options") or ()
    return places_of(chosen)


def places_of(chosen: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Return the places that options stand for. A value that no form of the bot has stands for none."""
    return frozenset(int(value) for option in chosen if _DIGITS.fullmatch(value := str(option.get("value"))))


def page_of(body: Mapping[str, Any]) -> int:
    """Return the page whose button was pressed; the first one for a value that no button of the bot has."""
    value = str(body["actions"][0].get("value"))
    return int(value) if _DIGITS.fullmatch(value) else 0


def form_call(body: Mapping[str, Any]) -> FormCall:
    """Return the form that was sent."""
    view = body["view"]
    draft = draft_of(view)
    chosen = _entered(view, OPTIONS, OPTIONS).get("selected_options") or ()
    return FormCall(
        actor=actor_of(body),
        draft=draft,
        delivery=f"form {view['id']}",
        ticked=ticked_in(view, draft),
        act=str((_entered(view, ACT, ACT).get("selected_option") or {}).get("value") or COMMAND),
        text=str(_entered(view, TEXT, TEXT).get("value") or ""),
        wait=any(option["value"] == _WAIT for option in chosen),
        minutes=str(_entered(view, WARN, WARN).get("value") or ""),
        reason=str(_entered(view, REASON, REASON).get("value") or ""),
    )


def errors_in(view: Mapping[str, Any], errors: Mapping[FormField, str]) -> dict[str, str]:
    """Return the errors by block id. Where the form has no sessions, the computer's field says that none is ticked."""
    draft = draft_of(view)
    there = {block["block_id"] for block in view["blocks"]}
    blocks = {
        FormField.HOST: HOST,
        FormField.SESSIONS: f"{SESSIONS}:{draft.look}:{draft.page}",
        FormField.TEXT: TEXT,
        FormField.OPTIONS: OPTIONS,
        FormField.WARN: WARN,
        FormField.REASON: REASON,
    }
    return {blocks[name] if blocks[name] in there else HOST: said for name, said in errors.items()}


def _entered(view: Mapping[str, Any], block: str, element: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = view["state"]["values"].get(block, _EMPTY).get(element, _EMPTY)
    return found
