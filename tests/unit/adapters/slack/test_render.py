"""Cards as Slack takes them: one Block Kit message of each kind, Slack's limits, and text that stays text.

What all the samples say stands as plain text in tests/unit/bot/cards/cards.txt.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.models.blocks import Block

from adapters.slack.forms import choose_view
from adapters.slack.limits import cut, escape
from adapters.slack.render import draw, draw_reply, draw_text
from bot.cards import notices, request_card, target_list
from bot.cards.manual import manual
from bot.cards.model import ASK, Button, Card, CommandButton, Line, Press, Tone, UserMention
from bot.cards.text import plain
from bot.commands import COMMANDS
from bot.domain.request import Ending, ExcludedSession
from bot.domain.session import Account
from bot.domain.verdicts import Reason, Verdict
from bot.errors import UsageError
from rehearsal.slack import find_faults, is_too_long
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.effort import sample
from tests.support.snapshots import check_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.slack.render import Drawing
    from bot.domain.request import Request

GOLDEN = Path(__file__).parent / "golden"
REQUESTS = samples.of_all_kinds()
CARDS = samples.of_cards()
KINDS = {
    "asked",
    "awaiting-others",
    "ready-warned",
    "acting-one-done",
    "ended-approved-by-others",
    "ended-answered",
    "verdict-changed-person",
    "notice-break-glass",
}
GROUP_IDS = {"@leads": "S0LEADS"}
"""`@oncall` stays text: nobody could resolve it."""

HOSTILE = [
    "<!channel>",
    "<@U0VICTIM>",
    "<https://evil.example|CORP\\alice>",
    "&lt;!here&gt;",
    "*b*",
    "_i_ ~s~",
    "`code` ```block```",
    "\"quotes\" and 'quotes'",
    "> quote",
    "日本語",
    "\u202eecila\u200f",
    ":boom:",
    "line\nbreak",
    "x" * 300,
]


def assert_slack_takes(drawing: Drawing) -> None:
    assert find_faults(drawing.blocks) == ()
    assert not is_too_long(drawing.blocks)
    assert 0 < len(drawing.text) <= 4000
    for block in drawing.blocks:
        parsed = Block.parse(block)
        assert parsed
        parsed.validate_json()


def places(value: Any, parent: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the blocks with the kind of place it stands in."""
    if isinstance(value, dict):
        kind = str(value.get("type", parent))
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield kind, inner
            elif key != "type":
                yield from places(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from places(inner, parent)


def hostile(text: str) -> Request:
    """A request whose every word from Windows and from people is this one."""
    session = b.session(account=Account(domain=text, user=text), client=text, station=text, address=text)
    request = samples.surveyed(samples.asked(reason=text), session, message=text, excluded=(samples.NOT_TOUCHED[0],))
    return samples.after(request, b.approved(), b.started())


# The samples


@for_each("name", sorted(KINDS))
def test_each_kind_of_card_becomes_the_blocks_that_were_agreed(name: str) -> None:
    drawing = draw(CARDS[name], GROUP_IDS)
    blocks = json.dumps({"text": drawing.text, "blocks": drawing.blocks}, indent=2, ensure_ascii=False)
    check_snapshot(GOLDEN / f"{name}.json", blocks + "\n")


def test_the_agreed_blocks_are_of_these_kinds() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == KINDS


def test_slack_takes_every_card(subtests: pytest.Subtests) -> None:
    for name, card in CARDS.items():
        with subtests.test(card=name):
            assert_slack_takes(draw(card, GROUP_IDS))


@for_each("command", COMMANDS, ids=lambda command: command.name)
def test_the_manual_is_within_the_limits(command: Any) -> None:
    assert_slack_takes(draw(manual(notices.Asked(command=command.name, asker="U0DANA0001"))))


@for_each("text", ["comp1 --snyc", "x" * 2001, "comp1 '" + "y" * 1900, "日本語", *HOSTILE])
@for_each("command", COMMANDS, ids=lambda command: command.name)
def test_what_cannot_be_understood_is_shown_within_the_limits(command: Any, text: str) -> None:
    try:
        command.parse(text, samples.INVENTORY)
    except UsageError as error:
        drawing = draw(notices.usage(error, notices.Asked(command=command.name, asker="U0DANA0001")))
    assert_slack_takes(drawing)
    assert all(kind != "mrkdwn" for kind, _ in places(drawing.blocks))


# Many


def test_five_hundred_targets_are_counted_and_some_are_shown() -> None:
    sessions = [b.session(number, host=f"rds-{number:03}") for number in range(1, 501)]
    drawing = draw(request_card.build(samples.surveyed(samples.asked(), *sessions)))
    assert_slack_takes(drawing)
    texts = "\n".join(text for _, text in places(drawing.blocks))
    assert "I write the list of all 500 into the thread; the buttons come then." in texts
    assert "Log off 500" not in texts.splitlines()


def test_a_thousand_silent_hosts_do_not_fill_the_card() -> None:
    names = [f"rds-{number:04}" for number in range(1000)]
    surveys = [b.look(name, code="unreachable", message=f"{name} cannot be reached: " + "x" * 150) for name in names]
    drawing = draw(request_card.build(samples.surveyed(samples.asked(), surveys=(b.look(), *surveys))))
    assert_slack_takes(drawing)
    assert any("more computers did not answer" in text for _, text in places(drawing.blocks))


def test_long_names_from_windows_do_not_fill_the_card() -> None:
    account = Account(domain="D" * 255, user="u" * 255)
    sessions = [b.session(number, account=account, client="c" * 255, station="s" * 255) for number in range(1, 40)]
    request = samples.surveyed(samples.asked(reason="r" * 300), *sessions)
    excluded = tuple(ExcludedSession(session=session, why="w" * 200) for session in sessions)
    drawing = draw(request_card.build(replace(request, excluded=excluded)))
    assert_slack_takes(drawing)
    assert drawing.blocks[-1]["type"] == "actions"


@for_each("letter", sample(["&", "x", "\u05d0", "\U0001f600", "\u0301"], 3))
def test_the_list_in_the_thread_is_within_the_limits_and_whole_whatever_the_names_are(letter: str) -> None:
    account = Account(domain=letter * 255, user=letter * 255)
    hosts = ["h" * 253, "rds-1"]
    sessions = [b.session(at, host=hosts[at % 2], account=account) for at in range(1, 201)]
    messages = target_list.messages(samples.surveyed(samples.asked(), *sessions))
    drawn = [draw(message) for message in messages]
    for drawing in drawn:
        assert_slack_takes(drawing)
    rows = [text for drawing in drawn for _, text in places(drawing.blocks) if "session" in text]
    assert len(rows) == 200
    assert not any("…" in row for row in rows)


# Text that stays text


@for_each("text", HOSTILE)
def test_text_from_windows_and_from_people_stays_text(text: str) -> None:
    drawing = draw(request_card.build(hostile(text)))
    assert_slack_takes(drawing)
    for kind, shown in places(drawing.blocks):
        assert kind != "mrkdwn" or text not in shown
    assert "<" not in drawing.text
    assert ">" not in drawing.text
    rich = "".join(shown for kind, shown in places(drawing.blocks) if kind == "text")
    assert plain(text) in rich


@for_each("text", HOSTILE)
def test_a_verdict_that_names_somebody_stays_text(text: str) -> None:
    drawing = draw(request_card.build(samples.ended(Verdict.CHANGED, Reason.PERSON, note=text)))
    assert_slack_takes(drawing)
    assert all(kind != "mrkdwn" or text not in shown for kind, shown in places(drawing.blocks))


def test_nothing_is_parsed_but_what_the_bot_wrote_itself() -> None:
    for request in REQUESTS.values():
        for kind, text in places(draw(request_card.build(request)).blocks):
            assert kind != "mrkdwn" or text.startswith(request.id)


FROM_THE_RIGHT = ["\u05d0\u05d1\u05d2", "\u0639\u0644\u064a", "a\u05d0"]


@pytest.mark.parametrize("name", FROM_THE_RIGHT)
def test_a_name_that_is_written_from_the_right_turns_nothing_around_it(name: str) -> None:
    alone = f"\u2068CORP\\{name}\u2069"
    session = b.session(account=Account(domain="CORP", user=name), client=name)
    excluded = (ExcludedSession(session=session, why="a protected user"),)
    card = request_card.build(samples.surveyed(samples.asked(), session, excluded=excluded))
    rows = [text for kind, text in places(draw(card).blocks) if kind == "text"]
    assert alone in rows
    assert f" · \u2068{name}\u2069\n" in rows
    assert alone in card.summary
    assert any(f"1 not included: {alone} session 3 (a protected user)" in text for _, text in places(draw(card).blocks))
    (option,) = choose_view(b.awaiting(b.target(session=session)), "").to_dict()["blocks"][0]["element"]["options"]
    assert option["text"]["text"].startswith(f"{alone} - comp1 3")


def test_a_name_in_a_verdict_or_a_preview_keeps_to_itself_too() -> None:
    changed = draw(request_card.build(samples.ended(Verdict.CHANGED, Reason.PERSON, note="CORP\\\u05d0\u05d1")))
    assert any("(\u2068CORP\\\u05d0\u05d1\u2069)" in text for _, text in places(changed.blocks))
    session = b.session(account=Account(domain="CORP", user="\u05d0"))
    preview = samples.surveyed(samples.asked(whatif=True), session, ending=Ending.WHATIF)
    assert any(
        "That is \u2068CORP\\\u05d0\u2069" in text for _, text in places(draw(request_card.build(preview)).blocks)
    )


def test_an_ordinary_name_is_left_as_it_is() -> None:
    session = b.session(account=Account(domain="CORP", user="jos\u00e9 \u65e5\u672c\u8a9e"))
    drawing = draw(request_card.build(samples.surveyed(samples.asked(), session)))
    assert not any("\u2068" in text for _, text in places(drawing.blocks))


# Buttons


def test_a_button_on_a_request_carries_its_id_and_version_and_nothing_else() -> None:
    for name, request in REQUESTS.items():
        buttons = [element for block in draw(request_card.build(request)).blocks if block["type"] == "actions"
                   for element in block["elements"]]  # type: ignore[attr-defined] # fmt: skip # an actions block has elements
        buttons = [button for button in buttons if not button["action_id"].startswith((f"press_{ASK}:", "press_pick"))]
        mine = f"{request.id}:{request.version}"
        menus = [button for button in buttons if button["type"] == "overflow"]
        assert {button["value"] for button in buttons if button not in menus} <= {mine}, name
        assert {button["action_id"] for button in buttons} <= {
            *(f"press_{press.value}" for press in Press),
            "press_menu",
        }
        chosen = {option["value"] for menu in menus for option in menu["options"]}
        assert chosen <= {f"{press.value} {mine}" for press in Press}, name


def menu_of(entries: int, text: str = "comp1") -> Card:
    folded = tuple(
        CommandButton(label=f"Entry {number}", asker="U0DANA", command="sessions", text=text)
        for number in range(entries)
    )
    yes = Button(press=Press.APPROVE, label="Log off 1", request_id="TS-AAAAAA", version=2, is_danger=True)
    return Card(headline="x", summary="x", buttons=(yes,), menu=folded)


@pytest.mark.parametrize(("entries", "folded", "loose"), [(0, 0, 0), (1, 1, 0), (5, 5, 0), (7, 5, 2)])
def test_a_menu_stands_behind_the_buttons_and_what_it_has_no_room_for_is_a_button(
    entries: int, folded: int, loose: int
) -> None:
    (block,) = [block for block in draw(menu_of(entries)).blocks if block["type"] == "actions"]
    elements: Any = block["elements"]
    assert find_faults([block]) == ()
    kinds = [element["type"] for element in elements]
    assert kinds == ["button"] * (1 + loose) + ["overflow"] * bool(folded)
    assert [len(element["options"]) for element in elements if element["type"] == "overflow"] == [folded] * bool(folded)


def test_an_entry_whose_command_no_option_may_carry_is_a_button() -> None:
    (block,) = [block for block in draw(menu_of(1, text="c" * 150)).blocks if block["type"] == "actions"]
    elements: Any = block["elements"]
    assert [element["type"] for element in elements] == ["button", "button"]
    assert find_faults([block]) == ()


def is_deciding(button: Button | CommandButton) -> bool:
    return isinstance(button, Button) and button.press is not Press.HOLDERS


def test_only_a_card_whose_sessions_may_still_be_spared_has_a_button() -> None:
    with_buttons = {name for name, card in CARDS.items() if any(map(is_deciding, card.buttons))}
    waiting = {name for name in CARDS if name.startswith("awaiting")}
    acting = {"acting-one-asked", "acting-one-done"}
    assert with_buttons == {*waiting, "asked-reason", "ready-warned", "ready-held", "notice-break-glass-held", *acting}


# Escaping and cutting


def test_escaping_leaves_no_sign_that_slack_reads() -> None:
    assert escape("<!channel> & <b>") == "&lt;!channel&gt; &amp; &lt;b&gt;"


def test_a_cut_can_be_seen_and_a_whole_text_is_left_alone() -> None:
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "ab…")


def test_a_cut_leaves_no_isolate_open() -> None:
    name = "\u2068\u05d0\u05d1\u05d2\u2069"
    assert cut(f"a{name}bcd", 5) == "a\u2068\u05d0\u2069…"
    assert cut(f"a{name}bcd", 7) == f"a{name}…"
    assert all(len(cut(f"a{name}bcd", limit)) <= limit for limit in range(4, 10))


def test_no_emoji_comes_out_of_a_name_where_slack_reads_mrkdwn() -> None:
    assert escape("10:30 :white_check_mark: :a:b:") == "10:30 :white_check_mark\u200b: :a\u200b:b\u200b:"


def test_small_print_with_a_mention_is_parsed_only_if_no_letter_in_it_steers() -> None:
    def quiet(text: str) -> str:
        line = Line(parts=(text, UserMention("U0DANA")), tone=Tone.QUIET)
        return str(draw(Card(headline="x", summary="x", lines=(line,))).blocks[-1]["type"])

    assert (quiet("asked by "), quiet("asked by *b* "), quiet(":boom: ")) == ("context", "rich_text", "rich_text")


# Times in sentences

DATE = "<!date^1772460000^{date_short_pretty} {time}|2026-03-02 14:00 UTC>"


def test_a_private_answer_has_its_time_in_the_readers_zone_and_nothing_else_is_parsed() -> None:
    said = "*Bo* <!channel> approved this at 2026-03-02 14:00 UTC. Your press changed nothing."
    assert draw_text(said) == f"*Bo* &lt;!channel&gt; approved this at {DATE}. Your press changed nothing."
    forged = "<!date^1772460000^{date}|now> 0001-01-01 00:00 UTC"
    assert draw_text(forged) == "&lt;!date^1772460000^{date}|now&gt; 0001-01-01 00:00 UTC"


@pytest.mark.parametrize("tone", [Tone.PLAIN, Tone.ROW, Tone.QUIET])
def test_a_sentence_on_a_card_has_its_time_in_the_readers_zone(tone: Tone) -> None:
    line = Line(parts=("Paused by ops since 2026-03-02 14:00 UTC: <!here>.",), tone=tone)
    drawn = json.dumps(draw(Card(headline="Not allowed", summary="x", lines=(line,))).blocks)
    assert "1772460000" in drawn
    assert '"2026-03-02 14:00 UTC"' in drawn or DATE in drawn
    assert not find_faults(json.loads(drawn))


def test_a_time_among_characters_of_one_width_stays_as_it_was_typed() -> None:
    line = Line(parts=("I read:   2026-03-02 14:00 UTC",), tone=Tone.CODE)
    assert "I read:   2026-03-02 14:00 UTC" in json.dumps(draw(Card(headline="x", summary="x", lines=(line,))).blocks)


def test_a_reply_in_a_thread_has_its_time_in_the_readers_zone() -> None:
    drawn = draw_reply((), "It goes on at 2026-03-02 14:00 UTC.", {})
    assert drawn.text == f"It goes on at {DATE}."
    kinds = [part["type"] for part in drawn.blocks[0]["elements"][0]["elements"]]  # type: ignore[index] # JSON values
    assert kinds == ["text", "date", "text"]
