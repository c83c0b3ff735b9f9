"""The ways to Slack: which proxy a call goes through, the Web API client, and posts to a response URL.

Slack's own client takes the first proxy variable that it finds, for every address. Here `NO_PROXY` counts, and this
machine is always reached directly: docs/decisions/0024-proxies.md.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import (
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
    getproxies,
    proxy_bypass,
)

from slack_sdk import WebClient

from adapters.slack.errors import translate_errors
from bot.errors import ChatError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 10
"""Seconds until a call counts as unanswered."""

_PORTS = {"https": 443, "http": 80}
_AS_HTTP = {"wss": "https", "ws": "http"}
_UNUSABLE = (
    "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names no HTTP proxy. Write http://proxy.example:3128, "
    "or name Slack in NO_PROXY: slack.com"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy. `authorization` is a secret: the header's value for a proxy that wants a name and a password."""

    host: str
    port: int
    authorization: str = ""

    def __repr__(self) -> str:
        return f"Proxy({self.url})"

    @property
    def url(self) -> str:
        """The proxy without its password, so that a log may have it."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy of the environment for this address; None: it is reached directly.

    It is the one for the address's scheme, else `ALL_PROXY`; small letters count before capital ones. Raises
    `SettingsError` for a value that names no HTTP proxy.
    """
    parts = urlsplit(url)
    scheme = _AS_HTTP.get(parts.scheme, parts.scheme)
    host = parts.hostname or ""
    if _is_here(host) or proxy_bypass(f"{host}:{parts.port or _PORTS.get(scheme, 443)}"):
        return None
    proxies = getproxies()
    value = (proxies.get(scheme) or proxies.get("all") or "").strip()
    return _read(value) if value else None


def _read(value: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError(_UNUSABLE) from None  # the value may hold a password
    if parts.scheme not in _PORTS or not host:
        raise SettingsError(_UNUSABLE)
    named = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    authorization = f"Basic {b64encode(named.encode()).decode('ascii')}" if parts.username else ""
    return Proxy(host=host, port=port or _PORTS[parts.scheme], authorization=authorization)


def _is_here(host: str) -> bool:
    """Return whether the name stands for this machine."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def opener_for(url: str) -> OpenerDirector:
    """Return what opens this address, through its proxy if it has one. Raises `ValueError` for no web address."""
    if urlsplit(url).scheme not in _PORTS:
        raise ValueError("no web address")
    proxy = proxy_for(url)
    handlers = dict.fromkeys(_PORTS, proxy.url) if proxy else {}
    opener = build_opener(ProxyHandler(handlers), HTTPSHandler())
    opener.addheaders = []
    return opener


class SlackWeb(WebClient):
    """Slack's Web API client over the way that `proxy_for` names. Without `retries` a lost answer is not asked again.

    A call ends within 10 seconds, unless `timeout` says another time.
    """

    def __init__(
        self, *, base_url: str, token: str | None = None, timeout: int = PATIENCE, retries: bool = True
    ) -> None:
        proxy = proxy_for(base_url)
        super().__init__(token=token, base_url=base_url, timeout=timeout, headers=proxy.headers if proxy else None)
        self.proxy = proxy.url if proxy else None
        if not retries:
            self.retry_handlers = []

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        """Make one call. Slack's own way would read the environment once more, without `NO_PROXY`."""
        with opener_for(url).open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            return {"status": answer.code, "headers": answer.headers, "body": answer.read().decode(charset)}


def post_bytes(url: str, content: bytes, *, kind: str, within: int = PATIENCE) -> None:
    """Post the bytes to an address that Slack named, through its proxy if it has one. `kind`: their media type.

    Raises as urllib does.
    """
    proxy = proxy_for(url)
    headers = {"Content-Type": kind, **(proxy.headers if proxy else {})}
    request = Request(url, data=content, headers=headers, method="POST")  # noqa: S310 - the opener takes web addresses only
    opener_for(url).open(request, timeout=within).close()


def post_to(response_url: str, message: Mapping[str, Any]) -> None:
    """Post the message to the response URL of a command or press. It is a secret: no error has it, and no log.

    Raises `ChatError`.
    """
    body = json.dumps({name: value for name, value in message.items() if value is not None}).encode()
    with translate_errors():
        try:
            post_bytes(response_url, body, kind="application/json; charset=utf-8")
        except HTTPError as exc:
            is_later = exc.code >= HTTPStatus.INTERNAL_SERVER_ERROR or exc.code == HTTPStatus.TOO_MANY_REQUESTS
            raise ChatError(f"Slack took no answer there ({exc.code}).", retryable=is_later) from None
