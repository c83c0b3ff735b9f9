"""`logoff-bot doctor`: what is missing before the bot can work, and the step that gives it."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.clock import SystemClock
from app.cli.options import APP_YAML, AsJson, Config, out, stderr
from app.cli.tables import Letters
from app.doctor.check import Outcome, is_green
from app.doctor.computer import SESSIONS, TIME
from app.doctor.examination import configured, examine, named
from app.doctor.module_steps import in_short
from app.logging import set_up as set_up_logging
from app.printing import json_text, letters
from bot.domain.letters import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.doctor.check import Check

LEAST_WIDTH = 60
"""How wide a terminal is that has room for the four columns."""

MARKS = {Outcome.OK: "✓", Outcome.NOTE: "!", Outcome.SKIPPED: "·", Outcome.FAILED: "✗"}

Hosts = Annotated[
    list[str],
    typer.Option("--hosts", help="Only these computers: a name, a pattern (rds-*) or group:name. May be repeated."),
]


def doctor(hosts: Hosts = [], as_json: AsJson = False, config: Config = APP_YAML) -> None:  # noqa: B006 - typer copies it
    """Check configuration, database, Slack, clocks, rules, Kerberos and each computer. It changes nothing.

    Exit code 0 when nothing fails, 1 when something does, 2 when the command is wrong.
    """
    set_up_logging(level=logging.CRITICAL, as_json=False)
    settings, first = configured(config)
    checks = [first]
    if settings:
        try:
            computers = named(settings, hosts)
        except LookupError as exc:
            raise typer.BadParameter(
                f"{visible(exc.args[0])} is none of the computers of {config}.", param_hint="--hosts"
            ) from exc
        with stderr.status(f"Looking at Slack, the database and {len(computers)} computers ..."):
            checks += examine(settings, computers, SystemClock())
    if as_json:
        sys.stdout.write(json_text({"green": is_green(checks), "checks": [asdict(each) for each in checks]}) + "\n")
    else:
        show(checks)
    if not is_green(checks):
        raise typer.Exit(1)


def show(checks: Sequence[Check]) -> None:
    """Print the table. A computer without anything to say has one line."""
    table = Letters("", "of", "check", "found", narrow=2, least_width=LEAST_WIDTH)
    for each in _shortened(checks):
        first, *others = each.found.splitlines() or [""]
        table.add_texts("", each.host or each.area, each.name, first, mark=MARKS[each.outcome])
        for other in others:
            table.add_texts("", "", "", other)
        if each.remedy:
            table.add_texts("", "", "", f"→ {each.remedy}")
    table.print(out)
    counted = Counter(each.outcome for each in checks)
    skipped = f", {counted[Outcome.SKIPPED]} not tried" if counted[Outcome.SKIPPED] else ""
    failed = f"{counted[Outcome.FAILED]} failed" if counted[Outcome.FAILED] else "nothing failed"
    out.print(letters(f"{len(checks)} checks: {failed}{skipped}."))


def _shortened(checks: Sequence[Check]) -> Iterator[Check]:
    """Yield the checks, with those of a sound computer as one, and those that wait for another one as one."""
    for host, group in groupby(checks, key=lambda each: each.host):
        of_one = list(group)
        if host and all(each.outcome is Outcome.OK for each in of_one):
            said = {each.name: each.found for each in of_one}
            found = ", ".join(filter(None, (said[SESSIONS], said[TIME], in_short(said))))
            yield replace(of_one[0], name=f"all {len(of_one)} checks", found=found)
            continue
        for _, same in groupby(of_one, key=_waits_for):
            alike = list(same)
            yield alike[0] if len(alike) == 1 else replace(alike[0], name=f"{len(alike)} checks")


def _waits_for(check: Check) -> object:
    """Return what checks have in common that were not tried for one reason; any other check is alone."""
    return check.found if check.outcome is Outcome.SKIPPED else id(check)
