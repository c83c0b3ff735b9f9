"""`logoff-bot policy`: explain what the rules decide, find rules that can never work, and compare two files."""

from __future__ import annotations

import typer

from app.cli.policy_check import check
from app.cli.policy_diff import diff
from app.cli.policy_explain import explain_

policy = typer.Typer(help="The rules: what they decide, and whether they can work.", no_args_is_help=True)
policy.command()(check)
policy.command()(diff)
policy.command(name="explain")(explain_)
