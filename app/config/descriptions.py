"""One line about each key of app.yaml, for the schema that editors read and for the file that `init` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel


class About(NamedTuple):
    """What a key does, and a value as it is written in the file, where the default shows none."""

    text: str
    example: str = ""


_SETTINGS = {
    "rehearsal": About("true: for `try` and `rehearse` alone; `run` refuses such a file"),
    "team": About("id of the Slack workspace whose members count; its address in a browser shows it", "T0HOME0001"),
    "database": About("the audit log and what waits: a SQLite file on a local disk, or PostgreSQL", "${DATABASE_URL}"),
    "replicas": About("true: several bots share the work on one PostgreSQL"),
    "audit_key": About("signs the audit log; whoever has it can rewrite the log", "${LOGOFF_BOT_AUDIT_KEY}"),
    "slack": About("the connection to Slack"),
    "winrm": About("how computers are reached; a computer takes the keys that it lacks from here"),
    "computers": About("only these computers are ever contacted: names, ranges like rds-[01-40], blocks"),
    "groups": About("names for several computers, for commands and rules: `group:NAME`", "{terminal: ['rds-*']}"),
    "default_computer": About("the computer of a command that names none", "comp1"),
    "commands": About(
        "other names of the slash commands, where another app has one already", "{sessions: /ts-sessions}"
    ),
    "contact": About("whom people ask about the bot; refusals and the help name them", '"@ts-leads"'),
    "rules": About("the first that matches person, channel, action and session decides"),
    "protect": About("what nobody may act on, whatever the rules say"),
    "limits": About("what stands above the rules"),
    "digest": About("a weekly summary for one channel; without the section there is none"),
    "health": About("/livez, /readyz and /metrics; without the section no port is opened"),
}
_SLACK = {
    "bot_token": About("the bot token of the app (xoxb-)", "${SLACK_BOT_TOKEN}"),
    "mode": About("socket: the bot keeps a connection to Slack; http: Slack sends requests to the bot"),
    "app_token": About("the app-level token with connections:write (xapp-), for mode: socket", "${SLACK_APP_TOKEN}"),
    "signing_secret": About("signs the requests of Slack, for mode: http", "${SLACK_SIGNING_SECRET}"),
    "public_url": About("where Slack reaches the proxy before the bot, for mode: http", "https://logoff.example.com"),
    "listen": About("address and port where the bot takes these requests"),
    "api_url": About("where Slack's Web API is"),
}
_WINRM = {
    "transport": About("kerberos, ntlm, certificate or basic"),
    "scheme": About("https, or http where the transport encrypts by itself"),
    "port": About("the port of the listener; left out: 5986 with https, 5985 with http", "5986"),
    "username": About("the bot's account; its own sessions are protected", "svc-logoff@CORP.EXAMPLE"),
    "password": About("the account's password; Kerberos can do with a keytab", "${WINRM_PASSWORD}"),
    "ca_file": About("a PEM file with the authority of the computers' certificates", "/etc/ssl/certs/corp-ca.pem"),
    "certificate": About("a PEM file with the bot's client certificate", "/etc/logoff-bot/client.pem"),
    "key": About("a PEM file with the key of that certificate", "/etc/logoff-bot/client.key"),
    "insecure_ntlm": About("true: take NTLM over plain HTTP, which proves no host"),
    "look_within": About("how long a computer may take to list its sessions"),
    "repeat": About("make a call that failed once more within that time, where that is safe"),
    "carrier": About("script: to a shell there; jea (experimental): commands of the module LogoffBot, docs/jea.md"),
    "endpoint": About("for carrier: jea, the name of the computer's endpoint"),
}
_ALL_WINRM = {
    "lockout_window": About("two refusals of an account within this time stop it everywhere for so long"),
    "looks_at_once": About("so many computers are looked at or warned side by side, all requests together"),
    "hosts_at_once": About("on so many computers the bot acts side by side"),
}
_COMPUTER = {
    "name": About("the computer as people type it, or a range of computers", "rds-[01-40]"),
    "match": About("instead of a name: a pattern that further names may match", '"web-*.corp.example"'),
    "address": About("where the computer is, when its name does not say it", "10.0.0.5"),
    "machine": About("what the computer calls itself, where its name here is an alias or an address", "RDS-07"),
    "winrm": About("the keys of winrm in which this computer differs"),
}
_RULE = {
    "name": About("is written into the audit log; every rule has its own", "on-call"),
    "who": About("user group handles, group ids (S...) or user ids (U...)", '["@oncall"]'),
    "where": About("ids of the channels where the command may be typed; left out: anywhere", "[C0OPS00001]"),
    "may": About("list, message, disconnect, log_off, audit", "[list, log_off]"),
    "computers": About("names with * and ?, or group:NAME"),
    "users": About("accounts as Windows reports them: 'CORP\\al*', or the user alone"),
    "states": About("states of sessions: Active, Disconnected, ..."),
    "idle_over": About("only sessions that are idle for longer; 0s: any"),
    "confirm": About("self; another: one other of `who`; or so many of some: 2 of @ts-leads"),
    "requester_counts": About("with `N of`: the requester's own yes counts as one"),
    "call": About("whom the card calls; left out: those who decide", '["@duty-manager"]'),
    "approve_in": About("id of the channel where the card stands and approvers are asked", "C0APPROVE1"),
    "deny_reason": About("wanted: Deny asks why; needed: nobody can deny without saying it", "wanted"),
    "force": About("whether --force may be used, which asks nobody; true, false, or a block"),
    "max_targets": About("so many sessions in one request at the most"),
    "expires_after": About("how long the card waits"),
}
_FORCE = {
    "allowed": About("--force may be used"),
    "reason": About("--force needs a reason"),
    "ticket": About("a regular expression (RE2) that the reason has to contain", "INC\\d{7}"),
    "hold": About("how long the act waits after it was announced, with a button Stop"),
}
_PROTECT = {
    "users": About("accounts whose sessions are never touched", "['CORP\\svc-*']"),
    "computers": About("computers where nothing is ever touched: names with * and ?, or group:NAME", "[dc-01]"),
    "console": About("true: the console session is not touched"),
    "own_account": About("true: sessions of the bot's own account are not touched"),
}
_LIMITS = {
    "second_person_above": About("above so many sessions a second person is needed"),
    "second_person_window": About("the same for all that one person does alone in this time"),
    "max_requests": About("the number of requests of one person"),
    "per": About("in this time"),
    "max_sent": About("commands, presses, forms and messages of one person in a minute"),
}
_DIGEST = {
    "channel": About("id of the channel; invite the bot there", "C0OPS00001"),
    "day": About("the day of the week"),
    "hour": About("the hour, 0 to 23"),
    "zone": About("the zone of the hour", "Europe/Berlin"),
}
_HEALTH = {
    "listen": About("address and port where the bot answers without a password; 127.0.0.1 is this machine alone"),
}
_KEYS: Mapping[str, Mapping[str, About]] = {
    "Settings": _SETTINGS,
    "Slack": _SLACK,
    "WinRm": _WINRM,
    "AllWinRm": _ALL_WINRM,
    "Computer": _COMPUTER,
    "RuleSettings": _RULE,
    "ForceSettings": _FORCE,
    "Protect": _PROTECT,
    "Limits": _LIMITS,
    "DigestSettings": _DIGEST,
    "HealthSettings": _HEALTH,
}


def about(model: type[BaseModel], key: str) -> About:
    """Return what the key of this section does. Raises `LookupError` for one that nobody has described."""
    for section in model.__mro__:
        if found := _KEYS.get(section.__name__, {}).get(key):
            return found
    raise LookupError(f"{model.__name__}.{key} has no line in app/config/descriptions.py")
