"""The answers of `logoff-bot init`, and the configuration that is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import yaml_file
from app.config.document import document
from app.config.findings import gathered
from app.config.secrets import EVERY_SECRET
from app.config.settings import Settings
from app.config.slips import slips
from app.config.validation import checked
from bot.errors import SettingsError

HEAD = """# yaml-language-server: $schema=app.schema.json
# The bot's configuration, made by logoff-bot init. Check it after each change, offline: logoff-bot config check
# Every key stands here. One with a number sign before it has the value that it shows, or shows how it is written.
# Secrets never stand here: ${NAME} comes from the environment, file:/path from another file.
"""
POSTGRESQL = "postgresql"
TICKETS = "DIR:/run/logoff-bot/tickets"
"""What KRB5CCNAME says: a folder holds the tickets of several accounts."""
ACCOUNTS = {
    "kerberos": "svc-logoff@CORP.EXAMPLE",
    "ntlm": "CORP\\svc-logoff",
    "basic": "svc-logoff",
    "certificate": "svc-logoff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was answered so far. Before a question is answered its value is one that fits."""

    team: str = "T0HOME0001"
    database: str = "sqlite:////var/lib/logoff-bot/bot.db"
    computers: tuple[str, ...] = ("comp1",)
    transport: str = "kerberos"
    account: str = ""
    certificate: str = ""
    key: str = ""
    ca_file: str = ""
    groups: tuple[str, ...] = ("@oncall",)
    approve_in: str = ""
    contact: str = ""

    @property
    def is_postgresql(self) -> bool:
        return self.database.partition(":")[0].partition("+")[0] == POSTGRESQL

    def values(self) -> dict[str, Any]:
        """Return the values that the file sets."""
        rule: dict[str, Any] = {
            "name": "on-call",
            "who": list(self.groups),
            "may": ["list", "message", "disconnect", "log_off"],
        }
        return {
            "team": self.team,
            "database": "${DATABASE_URL}" if self.is_postgresql else self.database,
            "audit_key": "${LOGOFF_BOT_AUDIT_KEY}",
            "slack": {"bot_token": "${SLACK_BOT_TOKEN}", "app_token": "${SLACK_APP_TOKEN}"},
            "winrm": self._winrm(),
            "computers": list(self.computers),
            **({"contact": self.contact} if self.contact else {}),
            "rules": [rule | ({"approve_in": self.approve_in} if self.approve_in else {})],
            "protect": {"console": True, "own_account": True},
            "limits": {"second_person_above": 10},
        }

    def _winrm(self) -> dict[str, Any]:
        made = {"transport": self.transport, "scheme": "https", "username": self.account or ACCOUNTS[self.transport]}
        if self.ca_file:
            made["ca_file"] = self.ca_file
        if self.transport in ("ntlm", "basic"):
            made["password"] = "${WINRM_PASSWORD}"  # noqa: S105 - the name of a variable
        if self.transport == "certificate":
            made |= {"certificate": self.certificate or "/client.pem", "key": self.key or "/client.key"}
        return made

    def text(self) -> str:
        return HEAD + document(self.values())

    def environment(self) -> str:
        """Return the file of the environment: the names of the secrets, and no value."""
        lines = [
            "# The secrets of app.yaml: write each value behind its name. The file is for the bot's own account alone.",
            "# A value with other signs than letters and digits stands between single quotes.",
            "# A service manager reads it (EnvironmentFile=), and a shell: set -a; . ./logoff-bot.env; set +a",
            "",
            "# The audit key. Make one with: openssl rand -hex 32",
            "LOGOFF_BOT_AUDIT_KEY=",
            "# The bot token of the Slack app (xoxb-)",
            "SLACK_BOT_TOKEN=",
            "# Its app-level token with connections:write (xapp-)",
            "SLACK_APP_TOKEN=",
        ]
        if self.is_postgresql:
            lines += [f"# {self.database} with :password behind the name", "DATABASE_URL="]
        if self.transport in ("ntlm", "basic"):
            lines += [f"# The password of {self.account}", "WINRM_PASSWORD="]
        if self.transport == "kerberos":
            lines += [
                f"# The path of the keytab of {self.account}",
                "KRB5_CLIENT_KTNAME=",
                f"# Where its tickets are kept, for the bot alone: KRB5CCNAME={TICKETS}",
            ]
        return "".join(f"{line}\n" for line in lines)

    def fault(self) -> str:
        """Return what `config check` or `policy check` would say of the file; empty when nothing is wrong."""
        file = yaml_file.parsed(Path("app.yaml"), self.text(), {})
        settings, faults = checked(Settings, file, EVERY_SECRET)
        for each in gathered(faults):
            return each.message
        if settings is None:
            raise SettingsError("The answers make no configuration.")
        return next(slips(settings), "")
