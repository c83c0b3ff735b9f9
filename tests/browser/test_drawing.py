"""What the page draws, and what it never makes of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from adapters.slack import envelopes
from rehearsal_testing.page_actions import host_of, type_command, wait_for, wait_for_card

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from rehearsal_testing.browser import OpenPage

OPS = "C0OPS00001"
HOSTILE = "CORP\\<!channel> *x* `y`"
SERIOUS = "results => results.violations.filter(one => ['serious', 'critical'].includes(one.impact))"


def web_of(stage: Rehearsal) -> WebClient:
    return WebClient(token=stage.workspace.bot_token, base_url=stage.workspace.api_url)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def test_a_hostile_user_name_stays_a_name(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    type_command(page, "/logoff comp2 id=2 --sync")
    card = wait_for_card(page)
    assert card.locator("strong", has_text=HOSTILE).count() == 1
    assert page.locator(".mention.loud").count() == 0
    host_of(page, "comp2").locator("summary").first.click()
    host_of(page, "comp2").get_by_text(HOSTILE).wait_for()
    card.get_by_role("button", name="Log off 1").click()
    page.locator(".message", has_text=f"Logged off {HOSTILE} on comp2").wait_for()
    page.locator("#audit", has_text=HOSTILE).wait_for()


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "</div><script>alert(1)</script>",
        "&lt;b&gt;bold&lt;/b&gt;",
        "<javascript:alert(1)|click me>",
        "\u202eslanted \u0000 and odd",
    ],
)
def test_no_text_of_the_app_becomes_markup(stage: Rehearsal, open_page: OpenPage, text: str) -> None:
    page = open_page(stage.workspace.url)
    web_of(stage).chat_postMessage(channel=OPS, text=text)
    message = page.locator(".message-text").last
    message.wait_for()
    assert message.locator("*").count() == 0
    assert page.locator("img, main script, main b").count() == 0


BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": plain("A header")},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*bold* <@U0DANA0001> <!subteam^S0ONCALL01>"}},
    {"type": "section", "fields": [plain("left"), plain("right")]},
    {"type": "divider"},
    {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "a picture"},
    {"type": "context", "elements": [plain("small print")]},
    {"type": "input", "label": plain("A field"), "element": {"type": "plain_text_input"}},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "host"}], [{"type": "raw_text", "text": "comp1"}]]},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "emoji", "name": "wave"}]}],
            },
            {"type": "rich_text_section", "elements": [{"type": "hologram", "text": "?"}]},
        ],
    },
]


def test_every_block_is_drawn_and_an_unknown_part_is_seen_to_be_missing(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    web_of(stage).chat_postMessage(channel=OPS, text="all", blocks=BLOCKS)
    message = page.locator(".message").last
    message.get_by_role("heading", name="A header").wait_for()
    for selector in ("strong", "hr", ".mention.me", ".section-fields", "input", "th", "pre", "blockquote", "li"):
        assert message.locator(selector).count() >= 1, selector
    assert message.locator("img").count() == 0, "nothing is loaded from elsewhere"
    assert message.locator(".cannot-draw").count() == 1
    assert message.get_by_text("cannot draw “hologram”").is_visible()


def test_dates_are_in_the_readers_zone(stage: Rehearsal, open_page: OpenPage) -> None:
    web_of(stage).chat_postMessage(channel=OPS, text="<!date^1700000000^{date_num} {time}|fallback>")
    for zone, words in (("UTC", "2023-11-14 22:13"), ("Asia/Tokyo", "2023-11-15 07:13")):
        page = open_page(stage.workspace.url, timezone_id=zone)
        wait_for(page, words)


def test_a_confirm_dialogue_asks_first_and_says_when_the_app_does_not_answer(
    stage: Rehearsal, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelopes, "send_response", lambda *_: None)
    confirm = {"title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No")}
    button = {"type": "button", "action_id": "other", "text": plain("Go"), "confirm": confirm}
    web_of(stage).chat_postMessage(channel=OPS, text="x", blocks=[{"type": "actions", "elements": [button]}])
    page = open_page(stage.workspace.url)
    go = page.get_by_role("button", name="Go", exact=True)
    go.click()
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Go"
    assert not any(one.kind == "interactive" for one in stage.workspace.store.envelopes.values())
    go.click()
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("alert").get_by_text("did not answer within 3 seconds").wait_for()


def test_who_you_act_as_is_one_click_and_each_sees_his_own(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    type_command(page)
    wait_for_card(page)
    type_command(page, "/sessions comp1")
    page.locator(".message.ephemeral").first.wait_for()
    page.locator("[data-person='gus']").click()
    page.locator("[data-person='gus'][aria-pressed='true']").wait_for()
    wait_for_card(page)
    assert page.locator(".message.ephemeral").count() == 0, "dana's list is hers"
    assert page.locator(".channel").all_inner_texts()[0].startswith("#ops")
    page.reload()
    page.locator("[data-person='gus'][aria-pressed='true']").wait_for()


def test_the_first_hint_says_only_what_is_so(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    hint = page.locator(".hint-card")
    hint.get_by_text("CORP\\alice left session 3 on comp1 3 h ago").wait_for()
    stage.farm.return_to_work("comp1", 3)
    hint.get_by_text("alice left").wait_for(state="detached")
    assert hint.get_by_text("/logoff comp1 id=3 --sync").is_visible()


def test_a_thread_is_opened_and_answered(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    ts = stage.visitor("bo").say("anybody there?", "#ops")
    stage.visitor("chen").say("yes", "#ops", thread_ts=ts)
    page.get_by_role("button", name="1 reply").click()
    reply = page.locator(".thread textarea")
    reply.fill("me too, @bo")
    reply.press("Enter")
    page.locator(".thread .message").nth(2).wait_for()
    page.get_by_role("button", name="2 replies").wait_for()
    assert page.locator(".thread .mention").inner_text() == "@Bo"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "2 replies"


def test_a_message_on_a_desktop_appears_beside_the_chat(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    host_of(page, "comp1").get_by_text("CORP\\bob").wait_for()
    stage.farm._hosts["comp1"].machine.sessions.note("message", 5, 0)
    host_of(page, "comp1").locator("[data-session='5'] .popup").wait_for()


def test_two_hundred_messages_stay_as_they_are_when_another_comes(stage: Rehearsal, open_page: OpenPage) -> None:
    web = web_of(stage)
    for number in range(200):
        web.chat_postMessage(channel=OPS, text=f"message {number}", blocks=BLOCKS[:2])
    page = open_page(stage.workspace.url)
    page.locator(".message").nth(199).wait_for()
    page.evaluate("document.querySelectorAll('.message, .host').forEach(one => { one.wasHere = true; })")
    before = page.locator(".host").count()
    type_command(page)
    wait_for_card(page).get_by_role("button", name="Log off 1").click()
    wait_for(page, "Logged off CORP\\alice on comp1")
    host_of(page, "comp1").get_by_text("session 3 · gone").wait_for()
    kept = "selector => [...document.querySelectorAll(selector)].filter(one => one.wasHere).length"
    assert page.evaluate(kept, ".message") == 200
    assert page.evaluate(kept, ".host") == before - 1, "only comp1 was drawn anew"
    assert before >= 40
    below = "(log => log.scrollHeight - log.scrollTop - log.clientHeight)(document.querySelector('.messages'))"
    assert page.evaluate(below) < 80, "whoever was at the end still is"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_serious(stage: Rehearsal, open_page: OpenPage, axe: str, scheme: str, width: int) -> None:
    page = open_page(stage.workspace.url, width=width, color_scheme=scheme, reduced_motion="reduce")
    page.locator(".hint-card").wait_for()
    page.evaluate(axe)
    found = [page.evaluate(f"() => axe.run().then({SERIOUS})")]
    web_of(stage).chat_postMessage(channel=OPS, text="all", blocks=BLOCKS)
    stage.visitor("bo").say("hello @dana", "#ops")
    type_command(page)
    wait_for_card(page)
    found.append(page.evaluate(f"() => axe.run().then({SERIOUS})"))
    for tab in ("Hosts", "Audit", "As Dana") if width < 800 else ():
        page.locator("#tabs").get_by_role("button", name=tab).click()
        found.append(page.evaluate(f"() => axe.run().then({SERIOUS})"))
    said = [f"{one['id']}: {[node['html'][:160] for node in one['nodes']][:4]}" for each in found for one in each]
    assert said == []


def test_the_theme_can_be_switched_and_is_kept(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate(ground) != light
    page.reload()
    assert page.evaluate(ground) != light
