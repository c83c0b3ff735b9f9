"""The tables. `migrations/` creates them, and a test compares the two.

A value that queries use (date, state, version, actor, session id) has a column of its own. A value that is only read
back whole (the ask, the session on the card) is JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    text,
)

from adapters.sql.columns import Moment, Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

request = Table(
    "request",
    metadata,
    Column("id", Words, primary_key=True),
    Column("delivery", Words, nullable=False, unique=True),
    Column("command", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("actor_id", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("place", Words, nullable=False),
    Column("ask", Words, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("state", Words, nullable=False),
    Column("ending", Words),
    Column("version", Integer, nullable=False),
    Column("due_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("excluded", Words, nullable=False),
    Column("reason_asked", Words, nullable=False),
    Column("requirement", Words),
    Column("counted", Words, nullable=False),
    Column("serving", Words, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("decided_by", Words),
    Column("decided_at", Moment),
    Column("deny_reason", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("failure_reference", Words, nullable=False),
    Column("message_ref", Words),
    Column("published_version", Integer, nullable=False),
    Column("publish_after", Moment),
    Column("postings", Words, nullable=False),
    Column("postings_due_at", Moment),
    Column("voided", Words, nullable=False),
    Column("announced_at", Moment),
    Column("ended_at", Moment),
    Column("action", Words, nullable=False),
    Column("content_version", Integer, nullable=False),
    Column("started_at", Moment),
    Column("act_at", Moment),
    Column("listed", Integer, nullable=False),
    Column("hosts_half", Words, nullable=False),
    Column("targets", Integer, nullable=False),
    Column("open_targets", Integer, nullable=False),
    Column("unsure_targets", Integer, nullable=False),
)
"""The head of a request. It counts its targets, so that no event at one host has to read those of the others."""

target = Table(
    "target",
    metadata,
    Column("request_id", Words, ForeignKey("request.id"), primary_key=True),
    Column("host", Words, primary_key=True),
    Column("session_id", BigInteger, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("session", Words, nullable=False),
    Column("verdict", Words),
    Column("code", BigInteger, nullable=False),
    Column("reason", Words),
    Column("note", Words, nullable=False),
    Column("words", Words, nullable=False),
    Column("requested_at", Moment),
    Column("request_lost", Boolean, nullable=False),
    Column("waited_ms", Integer, nullable=False),
    Column("warning_at", Moment),
    Column("warned_at", Moment),
    Column("own_warning", Boolean, nullable=False),
)

host_survey = Table(
    "host_survey",
    metadata,
    Column("request_id", Words, ForeignKey("request.id"), primary_key=True),
    Column("host", Words, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("looked_at", Moment, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("code", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("words", Words, nullable=False),
    Column("started_at", Moment),
    Column("ordered_at", Moment),
    Column("ended_at", Moment),
    Column("due_at", Moment),
    Column("seal", Words, nullable=False),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("event", Words, nullable=False),
    Column("request_id", Words, nullable=False),
    Column("requester", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("actor_name", Words, nullable=False),
    Column("rule", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("machine", Words, nullable=False),
    Column("session_id", BigInteger),
    Column("user", Words, nullable=False),
    Column("logon", BigInteger),
    Column("verdict", Words, nullable=False),
    Column("reason_code", Words, nullable=False),
    Column("code", BigInteger, nullable=False),
    Column("reason", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("took_ms", BigInteger),
    Column("expires_at", Moment),
    Column("version", Integer, nullable=False),
    Column("void", Words, nullable=False),
    Column("content", Words, nullable=False),
    Column("hosts_digest", Words, nullable=False),
    Column("bot_version", Words, nullable=False),
    Column("agent_version", Words, nullable=False),
    Column("policy", Words, nullable=False),
    Column("left_out", BigInteger, nullable=False),
    Column("targets", Integer, nullable=False),
    Column("targets_hash", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("hash", Words, nullable=False),
    Column("signature", Words, nullable=False),
)

audit_target = Table(
    "audit_target",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("role", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("machine", Words, nullable=False),
    Column("session_id", BigInteger),
    Column("user", Words, nullable=False),
    Column("logon", BigInteger, nullable=False),
    Column("why", Words, nullable=False),
)
"""The sessions of entries about many. An entry's `targets_hash` covers its rows; no foreign key ties the two tables."""

chain_head = Table(
    "chain_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("owner", Words, nullable=False),
)
"""One row: the head of the audit log. Every writer locks it first, so all writers run one after another.

`owner` names the process that took over last (see `adapters/sql/owner.py`); the others write nothing more.
"""

credential = Table(
    "credential",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("standing", Words, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
"""What hosts said of each account and password of the bot, by a keyed digest of both."""

BEHIND = request.c.published_version < request.c.version
"""The card shows an older version of the request."""

UNENDED = request.c.ended_at.is_(None)


APPROVAL = "event IN ('approved', 'counted', 'denied')"
"""Somebody said yes or no. A query that repeats the condition of a partial index to the letter is answered by it."""

REFUSAL = (
    "(CASE event WHEN 'refused' THEN TRUE WHEN 'denied' THEN TRUE "
    "WHEN 'noted' THEN reason_code IN ('refused', 'outsider_press', 'own_press') ELSE FALSE END)"
)
"""A rule, a limit, the pause or an approver said no, or a press was turned away. For OR SQLite reads all notes."""


def _partial(name: str, column: Column[object], where: object) -> Index:
    return Index(name, column, sqlite_where=where, postgresql_where=where)


def _read_by_time(name: str, column: str = "", where: str = "") -> None:
    """Add an index over the entries with this value, in the order of their times: for those who read the log."""
    entry = audit_entry.c
    columns = [entry[column], entry.at, entry.seq] if column else [entry.at, entry.seq]
    condition = text(where) if where else None
    Index(f"ix_audit_entry_{name}", *columns, sqlite_where=condition, postgresql_where=condition)


# The sweep runs every few seconds for years. It reads small indexes of open requests, never the whole table.
_partial("ix_request_due_at", request.c.due_at, request.c.due_at.is_not(None))
_partial("ix_request_expires_at", request.c.expires_at, UNENDED)
_partial("ix_request_behind", request.c.publish_after, BEHIND)
_partial("ix_request_postings", request.c.postings_due_at, request.c.postings_due_at.is_not(None))
_partial("ix_host_survey_due_at", host_survey.c.due_at, host_survey.c.due_at.is_not(None))
Index("ix_request_asked_at", request.c.asked_at)
Index("ix_request_actor_id", request.c.actor_id, request.c.asked_at)
Index("ix_request_alone", request.c.actor_id, request.c.alone, request.c.ended_at)
Index("ix_audit_entry_request_id", audit_entry.c.request_id, audit_entry.c.seq)
Index("ix_audit_entry_decisions", audit_entry.c.request_id, audit_entry.c.host, audit_entry.c.event)
_partial("ix_audit_entry_pause", audit_entry.c.seq, audit_entry.c.event.in_(("paused", "resumed")))
_partial("ix_audit_entry_rare", audit_entry.c.seq, audit_entry.c.event.in_(("policy_loaded", "key_changed")))

# What `audit list`, `requests`, `report` and `export` select by. Most entries have no host, user, verdict or rule.
_read_by_time("at")
_read_by_time("event", "event")
_read_by_time("actor", "actor")
_read_by_time("approver", "actor", APPROVAL)
_read_by_time("rule", "rule", "rule <> ''")
_read_by_time("host", "host", "host <> ''")
_read_by_time("user", "user", "\"user\" <> ''")
_read_by_time("verdict", "verdict", "verdict <> ''")
_read_by_time("forced", "", "forced")
_read_by_time("refused", "", REFUSAL)
Index("ix_audit_target_host", audit_target.c.host, audit_target.c.seq)
Index("ix_audit_target_user", audit_target.c.user, audit_target.c.seq)
