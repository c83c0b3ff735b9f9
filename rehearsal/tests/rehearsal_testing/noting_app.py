"""An app of the test's own in the place of the bot, and the blocks that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from rehearsal.slack import Workspace

OPS = "C0OPS00001"
NAMES = [f"CORP\\person{number:02d}" for number in range(60)]
SERIOUS = "results => results.violations.filter(one => ['serious', 'critical'].includes(one.impact))"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str = "") -> dict[str, Any]:
    return {"text": plain(text), "value": value or text}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "block_id": "acts", "elements": list(elements)}]


def entry(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    element = {"action_id": block_id, **element}
    return {"type": "input", "block_id": block_id, "label": plain(block_id.title()), "element": element, **more}


def modal(title: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "modal", "callback_id": title, "title": plain(title), "submit": plain("Go"), "blocks": list(blocks)}


REASON = entry("reason", {"type": "plain_text_input"}, optional=True)
FIRST = modal("First", REASON, entry("host", {"type": "plain_text_input"}))


class OwnApp:
    """An app of the test's own, over Socket Mode. `listens` says what it answers to."""

    def __init__(self, workspace: Workspace) -> None:
        self.web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        app = App(client=self.web)
        self.listens(app)
        self._handler = SocketModeHandler(app, workspace.app_token)
        self._workspace = workspace
        self._handler.connect()  # type: ignore[no-untyped-call] # Bolt's handler has no types here

    def stop(self) -> None:
        self._handler.client.auto_reconnect_enabled = False
        self._workspace.disconnect("cut")
        self._handler.close()  # type: ignore[no-untyped-call] # the same

    def listens(self, app: App) -> None:
        raise NotImplementedError


class NotingApp(OwnApp):
    """An app that notes what it is told. Its form pushes a second one, which it also draws anew when it is asked to."""

    def __init__(self, workspace: Workspace) -> None:
        self.told: list[dict[str, Any]] = []
        self.views: list[str] = []
        super().__init__(workspace)

    def listens(self, app: App) -> None:
        app.action({"block_id": "acts"})(self._take)
        app.command("/logoff")(self._open)
        app.view("First")(self._push)

    def _take(self, ack: Any, action: dict[str, Any]) -> None:
        ack()
        self.told.append(action)

    def _open(self, ack: Any, body: dict[str, Any]) -> None:
        ack()
        self.views.append(self.web.views_open(trigger_id=body["trigger_id"], view=FIRST)["view"]["id"])

    def _push(self, ack: Any, view: dict[str, Any]) -> None:
        if view["state"]["values"]["host"]["host"]["value"] == "comp9":
            ack(response_action="errors", errors={"host": "There is no such host."})
            return
        ack(response_action="push", view=modal("Second", REASON))

    def wait_for_word(self) -> dict[str, Any]:
        """What it was told last."""
        wait_until(lambda: bool(self.told))
        return self.told.pop()

    def draw_anew(self, view: dict[str, Any]) -> None:
        """The form that it opened first; people may see it before the app knows that it stands."""
        wait_until(lambda: bool(self.views))
        self.web.views_update(view_id=self.views[0], view=view)

    def show(self, page: Page, blocks: list[dict[str, Any]]) -> Locator:
        self.web.chat_postMessage(channel=OPS, text="blocks", blocks=blocks)
        message = page.locator(".message").last
        message.wait_for()
        return message
