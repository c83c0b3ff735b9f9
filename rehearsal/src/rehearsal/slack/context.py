"""The state that all parts of the server share."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.faults import Faults
from rehearsal.slack.files import Files
from rehearsal.slack.http_delivery import HttpDelivery
from rehearsal.slack.response_urls import ResponseUrls
from rehearsal.slack.serializers import Json
from rehearsal.slack.socket_mode import SocketMode
from rehearsal.slack.store import Store
from rehearsal.slack.trigger_ids import TriggerIds
from rehearsal.slack.views import Views


def _make_token(kind: str) -> Callable[[], str]:
    return lambda: f"{kind}{secrets.token_hex(20)}"


@dataclass(slots=True, kw_only=True)
class Context:
    """`url` has no slash at its end and is empty until there is a port. Tokens and secrets are new each time."""

    store: Store
    trigger_ids: TriggerIds
    response_urls: ResponseUrls
    socket_mode: SocketMode
    http_delivery: HttpDelivery
    views: Views
    files: Files
    kept: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    """Entered values of elements in messages, by person, channel and ts."""
    suggested: dict[tuple[str, str, str], list[Json]] = field(default_factory=dict)
    """The newest options of the app for a menu, by view or message, block and action id."""
    url: str = ""
    socket_url: str = ""
    """Where sockets are opened, when that is not `url`."""
    faults: Faults = field(default_factory=Faults)
    bot_token: str = field(default_factory=_make_token("xoxb-rehearsal-"))
    app_token: str = field(default_factory=_make_token("xapp-1-rehearsal-"))
    other_app_token: str = field(default_factory=_make_token("xapp-1-another-"))
    """An app-level token of another app, whose sockets get no envelope of this one."""
    signing_secret: str = field(default_factory=_make_token(""))
    verification_token: str = field(default_factory=_make_token(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the Web API. It needs any one of its `scopes`."""

    run: Callable[[Context, Arguments], Json]
    scopes: tuple[str, ...] = ()
    by_app_token: bool = False
