"""HTTP mode asks for its own keys and no others, and refuses an address that Slack cannot reach safely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from adapters.slack.manifest import manifest
from app.config.http_mode import address_of, fault_in_url, paths_of, read_request_url, request_url
from app.config.settings import load
from bot.commands import COMMANDS
from bot.errors import SettingsError
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

FILE = """team: T0HOME
audit_key: "{key}"
slack:
  bot_token: xoxb-1
  {slack}
winrm: {{username: svc@CORP.EXAMPLE}}
computers: [comp1]
rules: [{{name: on-call, who: ["@oncall"], may: [log_off]}}]
"""
SECRET = "5f" * 16
URL = "https://logoff.example.com"
WHOLE = f"mode: http\n  signing_secret: {SECRET}\n  public_url: {URL}"


def faults(folder: Path, slack: str) -> list[str]:
    path = folder / "app.yaml"
    path.write_text(FILE.format(key="k" * 40, slack=slack), encoding="utf-8")
    try:
        load(path, {})
    except SettingsError as error:
        return [line.strip().partition(": ")[2] for line in error.message.splitlines()[1:]]
    return []


def test_http_mode_needs_no_app_token_and_socket_mode_no_signing_secret(tmp_path: Path) -> None:
    assert faults(tmp_path, WHOLE) == []
    assert faults(tmp_path, "app_token: xapp-1") == []
    assert faults(tmp_path, "mode: socket") == [
        "slack.app_token: the app-level token for Socket Mode begins with xapp-."
    ]


@for_each(
    ("slack", "health", "is_one"),
    [
        ("127.0.0.1:9090", "127.0.0.1:9090", True),
        ("localhost:9090", "127.0.0.1:9090", True),
        ("0.0.0.0:9090", "127.0.0.1:9090", True),
        ("127.0.0.1:9090", "'[::]:9090'", True),
        ("127.0.0.1:9090", "10.1.2.3:9090", False),
        ("127.0.0.1:9090", "127.0.0.1:9091", False),
    ],
)
def test_one_port_for_requests_and_for_health_is_a_fault(
    tmp_path: Path,
    slack: str,
    health: str,
    is_one: bool,  # noqa: FBT001 - a case
) -> None:
    both = f"{WHOLE}\n  listen: {slack}\nhealth: {{listen: {health}}}"
    said = "health.listen: is where slack.listen takes requests. Write another port."
    assert faults(tmp_path, both) == ([said] if is_one else [])
    assert faults(tmp_path, f"app_token: xapp-1\n  listen: {slack}\nhealth: {{listen: {health}}}") == []


def test_what_http_mode_lacks_is_named_with_where_to_find_it(tmp_path: Path) -> None:
    url, secret = faults(tmp_path, "mode: http")
    assert secret.startswith("slack.signing_secret: HTTP mode needs the signing secret: Basic Information")
    assert url.startswith("slack.public_url: HTTP mode needs it")
    for other in ("xoxb-1-2-3-abcdefgh", "short", "'a secret of words and spaces'"):
        [fault] = faults(tmp_path, f"mode: http\n  signing_secret: {other}\n  public_url: {URL}")
        assert fault.startswith("slack.signing_secret:")
        assert other not in fault
    [fault] = faults(tmp_path, "mode: https")
    assert "slack.mode" in fault


@for_each(
    "url",
    [
        "http://logoff.example.com",
        "logoff.example.com",
        "https://",
        "https:///path",
        "https://user:pass@logoff.example.com",
        "https://logoff.example.com?x=1",
        "https://logoff.example.com#x",
        "https://logoff.example.com:0",
        "https://logoff.example.com:port",
        "https://logoff.example.com:99999",
        "https://[::1",
        "https://logoff example.com",
        "https://logoff.example.com/a b",
        "https://logoff.example.com/../x\n",
        "https://logoff.example.com/slack/events",
        "https://-x",
        "\x00https://x",
    ],
)
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    assert fault_in_url(url)


def test_a_good_address_becomes_the_request_url_with_and_without_a_path() -> None:
    for said in (URL, f"{URL}/", f"{URL}:8443", f"{URL}/bots/logoff", f"{URL}/bots/logoff/"):
        assert fault_in_url(said) == ""
        assert request_url(said) == said.rstrip("/") + "/slack/events"
    assert paths_of(URL) == ("/slack/events",)
    assert paths_of(f"{URL}/bots/logoff/") == ("/slack/events", "/bots/logoff/slack/events")


@for_each(
    "said",
    ["3000", ":3000", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "::1:3000", "a b:1", "h:1/x"],
)
def test_where_the_bot_listens_is_an_address_and_a_port(tmp_path: Path, said: str) -> None:
    [fault] = faults(tmp_path, f"{WHOLE}\n  listen: '{said}'")
    assert fault == "slack.listen: write address and port, as in 127.0.0.1:3000."


def test_an_address_of_either_kind_is_taken(tmp_path: Path) -> None:
    for said, host in (("0.0.0.0:3000", "0.0.0.0"), ("[::1]:3000", "::1"), ("localhost:3000", "localhost")):  # noqa: S104 - a case
        assert faults(tmp_path, f"{WHOLE}\n  listen: '{said}'") == []
        assert address_of(said) == (host, 3000)


def test_the_manifest_follows_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    assert read_request_url(path) == ""
    path.write_text(f"slack: {{bot_token: '${{NOT_YET}}', mode: http, public_url: {URL}}}\n", encoding="utf-8")
    url = read_request_url(path)
    made = cast("dict[str, Any]", manifest(COMMANDS, request_url=url))
    assert url == f"{URL}/slack/events"
    assert {command["url"] for command in made["features"]["slash_commands"]} == {url}
    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": url}
    assert made["settings"]["socket_mode_enabled"] is False
    path.write_text(f"slack: {{public_url: {URL}}}\n", encoding="utf-8")
    assert read_request_url(path) == ""
    path.write_text("slack: {mode: http, public_url: 'http://x'}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"slack.public_url: has to begin with https://"):
        read_request_url(path)


@for_each("key", ["mode", "public_url"])
def test_a_variable_that_is_not_set_is_named_and_no_address_is_blamed(tmp_path: Path, key: str) -> None:
    path = tmp_path / "app.yaml"
    said = {"mode": "http", "public_url": URL} | {key: "'${NOT_YET_SET}'"}
    path.write_text(f"slack: {{{', '.join(f'{name}: {value}' for name, value in said.items())}}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"line 1: the environment has no NOT_YET_SET") as caught:
        read_request_url(path)
    assert "https" not in caught.value.message
