"""One entry of the audit log with the sessions that it names, and the head of the log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bot.domain.people import Actor

if TYPE_CHECKING:
    from datetime import datetime

BOT = "bot"
"""The actor id of the bot itself; people have Slack's user ids."""

THE_BOT = Actor(user_id=BOT, name="the bot")


class Head(NamedTuple):
    """The number and the hash of the newest entry, and the key that signs the next one."""

    seq: int  # 0 before the first entry
    hash: str  # 64 hexadecimal digits; `GENESIS` before the first entry
    key_id: str = ""  # the key's id; empty before the first entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What runs when an entry is written."""

    bot_version: str = ""  # the release and the commit of the bot
    agent_version: str = ""  # the SHA-256 of the agent's script
    policy: str = ""  # the digest of the policy in force

    def on(self, entry: Entry) -> Entry:
        """Return the entry with what runs."""
        return replace(entry, bot_version=self.bot_version, agent_version=self.agent_version, policy=self.policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTarget:
    """One session, or one host, that an entry about many names."""

    role: str  # what the entry says of it: `target`, `left_out`, `begun`, ... (see `bot.audit.named`)
    host: str  # the host's name in the inventory
    machine: str = ""  # how the host names itself; empty: it said nothing
    session_id: int | None = None  # the session id; None: the row is about the host
    user: str = ""  # the session's account, `DOMAIN\\user`
    logon: int = 0  # FILETIME ticks of the logon; 0: unknown
    why: str = ""  # why the session or the host stands in this role


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the audit log. A text that says nothing is empty."""

    seq: int = 0  # counts from 1 without a gap; 0 before the entry is sealed
    at: datetime | None = None  # when it was recorded, UTC; None before the entry is sealed
    event: str  # the event's name, `target_ended`
    request_id: str = ""  # the request; empty: none
    requester: str = ""  # the user id of the requester; empty: no request
    channel: str = ""  # id of the channel where the command was typed
    actor: str = ""  # who did it: the user id of the person, `bot`, or an operator's name
    actor_name: str = ""  # for reading only
    rule: str = ""  # names of the rules that decided, with a comma between them
    host: str = ""  # the host's name in the inventory
    machine: str = ""  # how the host names itself
    session_id: int | None = None  # the target's session id; None: no target
    user: str = ""  # the target's account, `DOMAIN\user`
    logon: int | None = None  # FILETIME ticks of the target's logon; None: no target, 0: unknown
    verdict: str = ""  # the target's verdict
    reason_code: str = ""  # a word of the glossary: a Reason, a NoteKind, or the Ending of the request
    code: int = 0  # a Win32 code; 0: none
    reason: str = ""  # the reason that the requester or the operator gave
    note: str = ""  # what else belongs to the event, in words
    text: str = ""  # the command, or the detail of a note, as it was typed; of a policy its text
    forced: bool = False  # the request asks nobody
    took_ms: int | None = None  # milliseconds since the request was asked, of a verdict since the order; see `record`
    expires_at: datetime | None = None  # until when the request's state after the event lasts; None: for good
    version: int = 0  # the request's version after the event; 0: no request
    void: str = ""  # user ids of people whose earlier yes no longer counts, with a space between them
    content: str = ""  # digest of what is decided about, 64 hexadecimal digits; empty: nothing is
    hosts_digest: str = ""  # the hosts' half of the content; empty: as above
    bot_version: str = ""  # the release and the commit of the bot
    agent_version: str = ""  # the SHA-256 of the agent's script
    policy: str = ""  # the digest of the policy in force
    left_out: int = 0  # how many sessions, or characters of texts, the bounds left out
    targets: int = 0  # how many rows of sessions belong to the entry
    targets_hash: str = ""  # the SHA-256 of these rows in their order; empty: there is none
    key_id: str = ""  # the key that signed the entry; empty before the entry is sealed
    hash: str = ""  # covers all fields above and the hash of the entry before; empty before the entry is sealed
    signature: str = ""  # Ed25519 over the hash, 128 hexadecimal digits; empty before the entry is sealed
    rows: tuple[AuditTarget, ...] = ()  # the sessions that the entry names; covered by `targets_hash`
