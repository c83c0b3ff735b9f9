"""`logoff-bot audit`: read the audit log, count it, take parts of it away, and check it."""

from __future__ import annotations

import typer

from app.cli.audit_entries import list_
from app.cli.audit_export import export
from app.cli.audit_key import key, rotate_key
from app.cli.audit_requests import break_glass, report, requests
from app.cli.audit_verify import anchor, verify

audit = typer.Typer(help="The audit log. docs/audit.md answers an auditor's questions.", no_args_is_help=True)
audit.command(name="list")(list_)
audit.command()(requests)
audit.command()(report)
audit.command()(export)
audit.command(name="break-glass")(break_glass)
audit.command()(verify)
audit.command()(anchor)
audit.command()(key)
audit.command(name="rotate-key")(rotate_key)
