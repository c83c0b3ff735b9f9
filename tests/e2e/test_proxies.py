"""Proxy variables: they break no rehearsal, and the bot reaches the real Slack through them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from adapters.slack.chat import SlackChat, patient_client
from adapters.slack.web import SlackWeb
from app.rehearse.environment import open_stage
from bot.cards.attachment import Attachment
from bot.domain.people import Actor
from rehearsal.slack import UserClient
from rehearsal_testing.relay import Relay
from rehearsal_testing.waiting import wait_until
from tests.e2e.real_slack import ROOT, SLACK, running, slack_behind_a_proxy

if TYPE_CHECKING:
    from pathlib import Path

    from app.config.settings import Settings

PASSWORD = "p%40ss-of-the-proxy"
pytestmark = pytest.mark.slow
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# A rehearsal


@pytest.mark.parametrize(("scheme", "no_proxy"), [("http", ""), ("socks5", "example.com")])
def test_no_rehearsal_goes_through_a_proxy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, scheme: str, no_proxy: str
) -> None:
    with Relay(9, is_proxy=True) as proxy:
        for name in VARIABLES[:3]:
            monkeypatch.setenv(name, f"{scheme}://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"{scheme}://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", no_proxy)
        with open_stage(settings, engine="double") as stage:
            dana = stage.visitor("dana")
            dana.command("/logoff comp1 id=3 --sync")
            stage.wait_until_still()
            dana.press("Log off 1")
            stage.wait_until_still()
            assert 3 not in {session["id"] for session in stage.farm.sessions("comp1")}
            dana.say(f"hello @{stage.bot_handle}")
            stage.hang_up()
            assert "I take commands" in dana.messages()[-1].text
        assert proxy.connections == 0


def test_try_works_behind_a_proxy_that_is_not_there() -> None:
    proxies = dict.fromkeys((*VARIABLES[:3], *map(str.lower, VARIABLES[:3])), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "app", "try", "/sessions comp1"],
        cwd=ROOT,
        env=os.environ | proxies,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "alice" in done.stdout) == (0, True), done.stderr


# The real Slack


def test_run_reaches_slack_through_the_proxy_with_both_connections_and_its_answers(tmp_path: Path) -> None:
    with slack_behind_a_proxy(tmp_path, "Basic Ym90OnBAc3Mtb2YtdGhlLXByb3h5") as (workspace, proxy):
        url = f"http://bot:{PASSWORD}@127.0.0.1:{proxy.port}"
        with running(tmp_path, workspace.bot_token, workspace.app_token, url) as process:
            wait_until(lambda: bool(workspace.sockets) or process.poll() is not None, within=60)
            dana = UserClient(workspace.url, "dana")
            assert dana.command("/logoff nobody").ok
            dana.press("Help")
            wait_until(
                lambda: "Log Windows sessions off" in dana.messages()[-1].text
            )  # it came to the press's response URL
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=60)
        assert process.returncode == 0
        assert {head.split(" ")[0] for head in proxy.heads} == {"CONNECT"}
        assert {head.split(" ")[1] for head in proxy.heads} == {f"{SLACK}:443"}
    assert PASSWORD not in told
    assert "p@ss" not in told
    assert "Ym90" not in told


def test_a_file_goes_through_a_proxy_that_wants_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with slack_behind_a_proxy(tmp_path, "Basic Ym90OnBAc3Mtb2YtdGhlLXByb3h5") as (workspace, proxy):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:{PASSWORD}@127.0.0.1:{proxy.port}")
        chat = SlackChat(patient_client(workspace.bot_token, workspace.api_url), {})
        dana = UserClient(workspace.url, "dana")
        chat.send_file(Actor(user_id="U0DANA0001"), Attachment(name="x.csv", title="rows", content=b"1,2"))
        (file,) = dana.messages()[-1].files
        assert dana.download(file) == b"1,2"


def test_a_name_in_no_proxy_is_not_asked_of_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with slack_behind_a_proxy(tmp_path) as (workspace, proxy):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        def ask() -> bool:
            web = SlackWeb(base_url=workspace.api_url, token=workspace.bot_token, retries=False)
            return bool(web.auth_test()["ok"])

        assert ask()
        assert proxy.connections == 1
        monkeypatch.setenv("NO_PROXY", SLACK)
        with pytest.raises(OSError, match=r"Name or service not known|No address|failure in name resolution"):
            ask()
        assert proxy.connections == 1


def test_a_token_that_slack_does_not_take_ends_the_program_with_a_sentence(tmp_path: Path) -> None:
    with (
        slack_behind_a_proxy(tmp_path) as (workspace, proxy),
        running(tmp_path, "xoxb-wrong", workspace.app_token, proxy.url) as process,
    ):
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "slack.bot_token: Slack does not take this token (invalid_auth)" in told
    assert "xoxb-wrong" not in told
    assert "Traceback" not in told
