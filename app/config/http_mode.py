"""The keys of `slack` for HTTP mode: where Slack sends requests to, where the bot takes them, how they are signed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from app.config import yaml_file
from app.config.files import is_missing
from app.config.findings import refusal
from app.config.problems import Problem
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Slack

PATH = "/slack/events"
"""The path of the request URL behind `public_url`: for commands, presses, forms and events alike."""

_LISTEN = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
_SECRET = re.compile(r"[A-Za-z0-9]{16,128}")


def _listen(value: str) -> str:
    found = _LISTEN.fullmatch(value)
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise ValueError("write address and port, as in 127.0.0.1:3000")
    return value


Listen = Annotated[str, AfterValidator(_listen)]


def address_of(listen: str) -> tuple[str, int]:
    """Return host and port of a checked `listen`."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def paths_of(public_url: str) -> tuple[str, ...]:
    """Return where requests arrive. A proxy may take the path of the public URL away or pass it on: both are served."""
    return tuple(dict.fromkeys((PATH, urlsplit(public_url).path.rstrip("/") + PATH)))


def unsafe(slack: Slack) -> Iterator[Problem]:
    """Yield what HTTP mode lacks. The app-level token is Socket Mode's alone, so it is not asked for."""
    secret = slack.signing_secret.get_secret_value()
    if not _SECRET.fullmatch(secret):
        message = "HTTP mode needs the signing secret: Basic Information, App Credentials, in the settings of the app."
        yield Problem(where=("slack", "signing_secret"), message=message)
    if fault := fault_in_url(slack.public_url):
        yield Problem(where=("slack", "public_url"), message=fault)


def fault_in_url(public_url: str) -> str:
    """Return why Slack cannot send requests there, as a sentence; empty when it can."""
    wanted = "write where Slack reaches the proxy before the bot, as in https://logoff.example.com."
    try:
        parts = urlsplit(public_url)
        port = parts.port
    except ValueError:
        return f"is no URL; {wanted}"
    if not public_url:
        return f"HTTP mode needs it; {wanted}"
    if parts.scheme != "https":
        return f"has to begin with https://, because Slack sends what people type there; {wanted}"
    is_plain = _HOST.fullmatch(parts.hostname or "") and _PATH.fullmatch(parts.path) and public_url.isprintable()
    if not is_plain or port == 0 or parts.username is not None or set(public_url) & set("?#"):
        return f"has to be a name, a port if need be, and a path; {wanted}"
    if parts.path.rstrip("/").endswith(PATH):
        return f"leave {PATH} away; the manifest adds it."
    return ""


def request_url(public_url: str) -> str:
    """Return the request URL of the app."""
    return public_url.rstrip("/") + PATH


def read_request_url(path: Path) -> str:
    """Return the request URL that a file says, which need not be complete: the manifest is made before the tokens.

    Empty for Socket Mode, and without the file. Raises `SettingsError` for an address that cannot be.
    """
    if is_missing(path):
        return ""
    file = yaml_file.read(path, os.environ)
    slack = file.values.get("slack")
    missing = [each.fault for key in ("mode", "public_url") for each in file.wanted if each.concerns(("slack", key))]
    if not isinstance(slack, dict) or (slack.get("mode") != "http" and not missing):
        return ""
    if missing:
        raise refusal(path, missing)
    said = slack.get("public_url", "")
    if fault := fault_in_url(said if isinstance(said, str) else "-"):
        raise SettingsError(f"{path}: slack.public_url: {fault}")
    return request_url(str(said))
