"""The first tables: requests with their targets and host surveys, the audit chain, and the credentials.

The audit log can only grow: triggers refuse every change of what stands in it, so that an accident (a repair by hand, a
clean-up job) is stopped here. Somebody who may drop triggers is found out by the signatures instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Iterator

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)

GROWING = {"audit_entry": "seq = NEW.seq", "audit_target": "seq = NEW.seq AND position = NEW.position"}
"""The tables that can only grow, and which row a new one would replace."""


def _sqlite_triggers() -> Iterator[str]:
    """INSERT OR REPLACE deletes without firing delete triggers, so it has one of its own."""
    refusal = "BEGIN SELECT RAISE(ABORT, 'the audit log can only grow'); END"
    for table, same in GROWING.items():
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refusal}"
        yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refusal}"
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - our own names
        yield f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refusal}"


def _postgresql_triggers() -> Iterator[str]:
    yield """CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'the audit log can only grow'; END $$"""
    for table in GROWING:
        yield f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
                  FOR EACH ROW EXECUTE FUNCTION audit_only_grows()"""
        yield f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
                  FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"""


def upgrade() -> None:
    _make_request()
    _make_target()
    _make_host_survey()
    _make_audit_entry()
    _make_audit_target()
    _make_chain_head()
    _make_credential()
    _make_indexes()
    for statement in _sqlite_triggers() if op.get_bind().dialect.name == "sqlite" else _postgresql_triggers():
        op.execute(statement)
    if op.get_bind().dialect.name == "postgresql":
        _make_jobs()


def _make_jobs() -> None:
    """The jobs that replicas share: the tables of Procrastinate, with its own names, as its release wrote them.

    Its text has many statements and signs of its own, so the driver takes it as it is.
    """
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - it comes with the extra of PostgreSQL

    if driver := op.get_bind().connection.driver_connection:
        driver.execute(SchemaManager.get_schema())


def downgrade() -> None:
    """Refused: it would drop the audit log."""
    raise NotImplementedError("The first revision holds the audit log. Restore a backup instead.")


def _make_request() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("ask", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ending", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("excluded", sa.Text, nullable=False),
        sa.Column("reason_asked", sa.Text, nullable=False),
        sa.Column("requirement", sa.Text),
        sa.Column("counted", sa.Text, nullable=False),
        sa.Column("serving", sa.Text, nullable=False),
        sa.Column("alone", sa.Boolean, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", MOMENT),
        sa.Column("deny_reason", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("failure_reference", sa.Text, nullable=False),
        sa.Column("message_ref", sa.Text),
        sa.Column("published_version", sa.Integer, nullable=False),
        sa.Column("publish_after", MOMENT),
        sa.Column("postings", sa.Text, nullable=False),
        sa.Column("postings_due_at", MOMENT),
        sa.Column("voided", sa.Text, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("announced_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("content_version", sa.Integer, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("act_at", MOMENT),
        sa.Column("hosts_half", sa.Text, nullable=False),
        sa.Column("targets", sa.Integer, nullable=False),
        sa.Column("open_targets", sa.Integer, nullable=False),
        sa.Column("unsure_targets", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_request"),
        sa.UniqueConstraint("delivery", name="uq_request_delivery"),
    )


def _make_target() -> None:
    op.create_table(
        "target",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("session_id", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("code", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("requested_at", MOMENT),
        sa.Column("request_lost", sa.Boolean, nullable=False),
        sa.Column("waited_ms", sa.Integer, nullable=False),
        sa.Column("warning_at", MOMENT),
        sa.Column("warned_at", MOMENT),
        sa.Column("own_warning", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "host", "session_id", name="pk_target"),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name="fk_target_request_id"),
    )


def _make_host_survey() -> None:
    op.create_table(
        "host_survey",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("ordered_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("seal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "host", name="pk_host_survey"),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name="fk_host_survey_request_id"),
    )


def _make_audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("session_id", sa.BigInteger),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("logon", sa.BigInteger),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text, nullable=False),
        sa.Column("code", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("forced", sa.Boolean, nullable=False),
        sa.Column("took_ms", sa.BigInteger),
        sa.Column("expires_at", MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("void", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("hosts_digest", sa.Text, nullable=False),
        sa.Column("bot_version", sa.Text, nullable=False),
        sa.Column("agent_version", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("left_out", sa.BigInteger, nullable=False),
        sa.Column("targets", sa.Integer, nullable=False),
        sa.Column("targets_hash", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
    )


def _make_audit_target() -> None:
    op.create_table(
        "audit_target",
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("session_id", sa.BigInteger),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("logon", sa.BigInteger, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", "position", name="pk_audit_target"),
    )


def _make_chain_head() -> None:
    head = op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain_head"),
        sa.CheckConstraint("id = 1", name="ck_chain_head_one_row"),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64, "key_id": "", "owner": ""}])


def _make_credential() -> None:
    """What hosts said of the bot's passwords, so that every process stops before an account is locked."""
    op.create_table(
        "credential",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_credential"),
    )


def _make_indexes() -> None:
    _make_partial_index("ix_request_due_at", "request", "due_at", "due_at IS NOT NULL")
    _make_partial_index("ix_request_expires_at", "request", "expires_at", "ended_at IS NULL")
    _make_partial_index("ix_request_behind", "request", "publish_after", "published_version < version")
    _make_partial_index("ix_request_postings", "request", "postings_due_at", "postings_due_at IS NOT NULL")
    _make_partial_index("ix_host_survey_due_at", "host_survey", "due_at", "due_at IS NOT NULL")
    _make_partial_index("ix_audit_entry_pause", "audit_entry", "seq", "event IN ('paused', 'resumed')")
    _make_partial_index("ix_audit_entry_rare", "audit_entry", "seq", "event IN ('policy_loaded', 'key_changed')")
    op.create_index("ix_request_asked_at", "request", ["asked_at"])
    op.create_index("ix_request_actor_id", "request", ["actor_id", "asked_at"])
    op.create_index("ix_request_alone", "request", ["actor_id", "alone", "ended_at"])
    op.create_index("ix_audit_entry_request_id", "audit_entry", ["request_id", "seq"])
    op.create_index("ix_audit_entry_decisions", "audit_entry", ["request_id", "host", "event"])
    _make_indexes_of_readers()


def _make_indexes_of_readers() -> None:
    """What the reports select by, each in the order of the times."""
    refusal = (
        "(CASE event WHEN 'refused' THEN TRUE WHEN 'denied' THEN TRUE "
        "WHEN 'noted' THEN reason_code IN ('refused', 'outsider_press', 'own_press') ELSE FALSE END)"
    )
    conditions = {
        "at": "",
        "event": "",
        "actor": "",
        "approver": "event IN ('approved', 'counted', 'denied')",
        "rule": "rule <> ''",
        "host": "host <> ''",
        "user": "\"user\" <> ''",
        "verdict": "verdict <> ''",
        "forced": "forced",
        "refused": refusal,
    }
    first = {"at": [], "approver": ["actor"], "forced": [], "refused": []}
    for name, condition in conditions.items():
        columns = [*first.get(name, [name]), "at", "seq"]
        where = sa.text(condition) if condition else None
        op.create_index(f"ix_audit_entry_{name}", "audit_entry", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_audit_target_host", "audit_target", ["host", "seq"])
    op.create_index("ix_audit_target_user", "audit_target", ["user", "seq"])


def _make_partial_index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
