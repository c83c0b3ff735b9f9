"""`make chaos`: everything goes wrong at random moments, and what must never happen is counted.

The same seed tries the same moments in the same order; more seconds try more of them.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from random import Random
from time import monotonic

import structlog

from tests.chaos.scenarios import EVERY
from tests.chaos.tally import Tally

COLUMNS = ("scenario", "tries", *Tally().faults())


def main() -> int:
    options = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--seconds", type=float, default=600, help="of all scenarios together; each tries once at least"
    )
    options.add_argument("--only", nargs="+", choices=EVERY, default=list(EVERY), metavar="SCENARIO")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.ReturnLoggerFactory())
    found = {}
    for number, name in enumerate(chosen.only):
        until = monotonic() + chosen.seconds / len(chosen.only)
        found[name] = EVERY[name](Random(f"{chosen.seed} {name}"), until)  # noqa: S311 - which moments are tried
        if not chosen.json:
            sys.stdout.write(f"{'' if number else header()}{row(name, found[name])}")
            sys.stdout.flush()
    if chosen.json:
        sys.stdout.write(json.dumps([as_values(name, tally) for name, tally in found.items()], indent=2) + "\n")
    return int(any(not tally.is_clean for tally in found.values()))


def as_values(name: str, tally: Tally) -> dict[str, object]:
    return {"scenario": name, "tries": tally.tries, **tally.faults(), "examples": tally.examples}


def header() -> str:
    return _line([column.replace("_", " ") for column in COLUMNS])


def row(name: str, tally: Tally) -> str:
    line = _line([name, tally.tries, *tally.faults().values()])
    return line + "".join(f"    {example}\n" for example in tally.examples)


def _line(cells: list[object]) -> str:
    width = max(map(len, EVERY))
    return "  ".join([f"{cells[0]:{width}}", *(f"{cell:>12}" for cell in cells[1:])]).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
