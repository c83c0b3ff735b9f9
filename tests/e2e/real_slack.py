"""A Slack as a company has it: at a name of its own, over TLS, behind a proxy; and the program that runs against it."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trustme

from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal_testing.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SLACK = "slack.example"
CONFIG = """
team: T0HOME0001
audit_key: "0123456789abcdef0123456789abcdef"
database: "sqlite:///{folder}/bot.db"
slack: {{bot_token: "${{BOT}}", app_token: "${{APP}}", api_url: "https://{slack}/api/"}}
computers: [comp1]
rules: [{{name: all, who: [U0DANA0001], may: [log_off]}}]
"""


@contextmanager
def slack_behind_a_proxy(
    folder: Path, authorization: str = "", *, name: str = SLACK
) -> Iterator[tuple[Workspace, Relay]]:
    """A workspace that only the proxy can reach, over TLS and by this name. `folder/ca.pem` is its authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(tls)
    with ExitStack() as stack:
        workspace = Workspace.from_file(SHIPPED_WORKSPACE)
        workspace.reach_at(f"https://{name}")
        stack.enter_context(workspace)
        front = stack.enter_context(Relay(urlsplit(workspace.url).port or 0, tls=tls))
        proxy = stack.enter_context(Relay(front.port, is_proxy=True, authorization=authorization))
        yield workspace, proxy


@contextmanager
def running(folder: Path, bot_token: str, app_token: str, proxy: str) -> Iterator[subprocess.Popen[str]]:
    """`logoff-bot run` in a process of its own, with this `HTTPS_PROXY`. It is killed at the end."""
    config = folder / "app.yaml"
    config.write_text(CONFIG.format(folder=folder, slack=SLACK), encoding="utf-8")
    secrets = {"BOT": bot_token, "APP": app_token}
    environment = os.environ | secrets | {"HTTPS_PROXY": proxy, "SSL_CERT_FILE": str(folder / "ca.pem")}
    command = [sys.executable, "-m", "app"]
    upgrade = [*command, "db", "upgrade", "--create", "--config", str(config)]
    subprocess.run(upgrade, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own program
    with subprocess.Popen(  # noqa: S603 - the same
        [*command, "run", "--config", str(config)], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
