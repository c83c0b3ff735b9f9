"""Which address goes through which proxy of the environment."""

from __future__ import annotations

import os

import pytest

from adapters.slack.web import SlackWeb, post_to, proxy_for
from bot.errors import ChatError, SettingsError

SLACK = "https://slack.com/api/"
SOCKET = "wss://wss-primary.slack.com/link/?ticket=1"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
HERE = [
    "http://127.0.0.1:8080/api/",
    "http://127.7.7.7/",
    "ws://127.0.0.1:8080/link/",
    "http://localhost:1/",
    "http://LOCALHOST./",
    "http://farm.localhost/",
    "http://[::1]:5985/wsman",
    "http://[::ffff:127.0.0.1]/",
]


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def found(url: str) -> str:
    proxy = proxy_for(url)
    return proxy.url if proxy else ""


def test_without_proxies_all_is_direct() -> None:
    assert (found(SLACK), found(SOCKET)) == ("", "")


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("url", [SLACK, SOCKET])
def test_both_connections_take_the_proxy(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    monkeypatch.setenv(name, "http://proxy.example:3128")
    assert found(url) == "http://proxy.example:3128"


def test_the_proxy_of_the_scheme_counts_before_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://other.example:1080")
    monkeypatch.setenv("HTTP_PROXY", "http://plain.example:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert found(SLACK) == "http://proxy.example:3128"


def test_a_proxy_for_http_is_none_for_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert (found(SLACK), found("http://elsewhere.example/")) == ("", "http://proxy.example:3128")


def test_small_letters_count_before_capital_ones_also_when_they_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://capital.example:1")
    monkeypatch.setenv("https_proxy", "http://small.example:2")
    assert found(SLACK) == "http://small.example:2"
    monkeypatch.setenv("https_proxy", "")
    assert found(SLACK) == ""


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    ("value", "web", "socket"),
    [
        ("slack.com", True, True),
        (".slack.com", True, True),
        ("example.com, slack.com", True, True),
        ("SLACK.COM", True, True),
        ("slack.com:443", True, True),
        ("wss-primary.slack.com", False, True),
        ("*", True, True),
        ("example.com", False, False),
        ("ck.com", False, False),
        ("", False, False),
    ],
)
def test_no_proxy_counts_for_each_connection(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    web: bool,  # noqa: FBT001 - a row of the table
    socket: bool,  # noqa: FBT001 - the same
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv(name, value)
    assert (found(SLACK) == "", found(SOCKET) == "") == (web, socket)


@pytest.mark.parametrize("no_proxy", [None, "", "example.com"])
@pytest.mark.parametrize("url", HERE)
def test_this_machine_is_never_behind_a_proxy(monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str | None) -> None:
    for name in NAMES[:3]:
        monkeypatch.setenv(name, "socks5://proxy.example:1080")
        monkeypatch.setenv(name.lower(), "no proxy at all")
    if no_proxy is not None:
        monkeypatch.setenv("NO_PROXY", no_proxy)
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1.example.com", "localhost.example.com", "notlocalhost", "10.0.0.1", "[::2]"]
)
def test_a_name_that_only_looks_like_this_machine_is_another_one(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert found(f"http://{host}/") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example", "http://proxy.example:80"),
        ("https://proxy.example", "http://proxy.example:443"),
        (" http://proxy.example:3128/ ", "http://proxy.example:3128"),
        ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
    ],
)
def test_a_proxy_is_read_in_the_forms_that_people_write(monkeypatch: pytest.MonkeyPatch, value: str, url: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    assert found(SLACK) == url


@pytest.mark.parametrize(
    "value",
    ["socks5://u:secret@p.example:1080", "http://p.example:secret", "http://:secret@:3128", "ftp://secret.example"],
)
def test_a_proxy_that_is_no_http_proxy_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(SettingsError) as refused:
        SlackWeb(base_url=SLACK)
    assert "HTTPS_PROXY" in refused.value.message
    assert "NO_PROXY" in refused.value.message
    assert "secret" not in refused.value.message


def test_the_password_of_a_proxy_stands_in_its_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://bot:p%40ss@proxy.example:3128")
    proxy = proxy_for(SLACK)
    assert proxy
    assert proxy.headers == {"Proxy-Authorization": "Basic Ym90OnBAc3M="}
    assert "p%40ss" not in f"{proxy} {proxy!r} {proxy.url}"
    assert "Ym90" not in f"{proxy!r}"


def test_slacks_own_reading_of_the_environment_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert SlackWeb(base_url="http://127.0.0.1:1/api/").proxy is None
    assert SlackWeb(base_url=SLACK).proxy == "http://proxy.example:3128"
    assert os.environ["HTTPS_PROXY"] == "http://proxy.example:3128"


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://127.0.0.1/x", "no address", "data:,x"])
def test_an_answer_goes_to_web_addresses_alone(url: str) -> None:
    with pytest.raises(ChatError) as refused:
        post_to(url, {"text": "x"})
    assert not url or url not in refused.value.message
