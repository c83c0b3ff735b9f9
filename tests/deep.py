"""`make deep`: the same promises, tried much harder, check by check and seed by seed, for over an hour.

Each result is a line of `.deep.jsonl`. A run that was interrupted, or is started again, leaves out what passed for
these very sources with this seed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from time import monotonic

from tests.support.checkout import ROOT

RESULTS = ROOT / ".deep.jsonl"
DOMAIN, COMMANDS, POLICY = (f"tests/unit/bot/{folder}" for folder in ("domain", "commands", "policy"))
CHECKS = {
    "events in all orders": f"{DOMAIN}/test_lifecycle_walk.py {DOMAIN}/test_readings.py",
    "filters and names": " ".join(
        f"{DOMAIN}/test_{of}.py" for of in ("conditions", "inventory", "letters", "wildcards")
    ),
    "times in sentences": f"{DOMAIN}/test_moments.py",
    "requirements": f"{POLICY}/test_requirement.py",
    "words on a card": " ".join(
        f"tests/unit/bot/cards/test_{of}.py" for of in ("hostile_texts", "sheet", "report_page")
    ),
    "words of a command": COMMANDS,
    "people at work": "tests/unit/bot/workflow",
    "chain and configuration": "tests/unit/bot/audit tests/unit/app/config/test_yaml_file.py",
    "what goes to a host": "tests/unit/adapters/windows/agent tests/contract/test_agent_csharp.py",
    "the carrier of the module": "tests/contract/test_fault_matrix_jea.py tests/contract/test_corpus.py "
    "tests/e2e/test_death_and_rebirth.py",
    "any text in the database": "tests/contract/test_ledger.py",
    "every change of the log": "tests/contract/test_audit_log.py",
    "changed rows": " ".join(f"tests/contract/test_{of}.py" for of in ("tampering", "tampered_bytes", "forged_rows")),
    "figures of a year": "tests/contract/test_audit_figures.py tests/contract/test_audit_page.py",
    "plans of a reader": "tests/contract/test_audit_plans.py",
    "limits of a chat": "tests/unit/adapters/slack/test_limits.py",
    "a double of the module": "tests/contract/test_endpoints_alike.py",
    "press races": "tests/contract/test_press_races.py tests/contract/test_sql_processes.py",
}
"""Name -> what pytest runs, with the profile `deep` of tests/support/effort.py."""

BOUNDED = {
    "acks of 200 commands": "acks",
    "what reading costs": "audit",
    "a script and a module": "carriers",
    "what a kept line is worth": "connections",
    "what a fleet costs": "fleet",
    "what it holds": "memory",
    "healthy beside ill": "neighbours",
    "a look beside its peers": "peers",
    "one, two and three replicas": "replicas",
}
"""Name -> a bench with its bounds, which is held to them in its quick form and in its whole one."""

QUICK, QUICK_WITHIN = ", quick", 60
"""How the names of quick forms end, and the seconds that one may take: people run it while they work."""

BENCHES = {f"{name}{QUICK}": f"bench/{bench}.py --quick --check" for name, bench in BOUNDED.items()}
BENCHES |= {name: f"bench/{bench}.py --check" for name, bench in BOUNDED.items()}
BENCHES |= {
    "acks of 200 commands over HTTP": "bench/acks.py --http --check",
    "replicas in a storm": "-m tests.chaos.storm --replicas 3 --requests 300",
    "blocks by Slack's own types": "-m tests.slack_types",
    "the steps of the Dockerfile": "-m tests.dockerfile",
}
"""Name -> a bench, or another program. No seed changes it, so it runs with the first one alone."""

EVERY = (*CHECKS, *BENCHES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    sources: str
    name: str
    seed: int
    seconds: int
    result: str

    @property
    def run(self) -> tuple[str, str, int]:
        return self.sources, self.name, self.seed


def main() -> int:
    options = argparse.ArgumentParser(prog="make deep", description=__doc__)
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options.add_argument("--only", nargs="+", choices=EVERY, default=list(EVERY), metavar="CHECK")
    chosen = options.parse_args()
    sources, known = sources_id(), earlier_results()
    results = []
    runs = [(name, seed) for seed in chosen.seeds for name in chosen.only if name in CHECKS or seed == chosen.seeds[0]]
    for name, seed in runs:
        found = known.get((sources, name, seed))
        if found is None or found.result != "passed":
            found = try_hard(sources, name, seed)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found)) + "\n")
        results.append(found)
    sys.stdout.write(table(results))
    return int(any(each.result != "passed" for each in results))


def sources_id() -> str:
    """The commit, and a digest of what differs from it in files that git knows."""
    commit = _git("rev-parse", "--short=12", "HEAD").decode().strip()
    changes = _git("diff", "HEAD")
    return f"{commit}+{hashlib.sha256(changes).hexdigest()[:12]}" if changes else commit


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603, S607 - our own words, git from PATH


def earlier_results() -> dict[tuple[str, str, int], Result]:
    if not RESULTS.exists():
        return {}
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    return {result.run: result for result in (Result(**json.loads(line)) for line in lines)}


def try_hard(sources: str, name: str, seed: int) -> Result:
    sys.stdout.write(f"\n== {name}, seed {seed}\n")
    sys.stdout.flush()
    options = ["-q", "--no-skips", "--timeout=7200", f"--hypothesis-seed={seed}"]
    tests = ["-m", "pytest", *options, *CHECKS[name].split()] if name in CHECKS else BENCHES[name].split()
    began = monotonic()
    done = subprocess.run([sys.executable, *tests], cwd=ROOT, check=False, env=environment())  # noqa: S603 - our own text
    seconds = monotonic() - began
    result = "passed" if has_passed(name, done.returncode, seconds) else "FAILED"
    return Result(sources=sources, name=name, seed=seed, seconds=round(seconds), result=result)


def has_passed(name: str, code: int, seconds: float) -> bool:
    """A quick form that is not quick has failed."""
    return code == 0 and (seconds <= QUICK_WITHIN or not name.endswith(QUICK))


def environment() -> dict[str, str]:
    """Return the environment of what is run. Its paths are those that pytest has from pyproject.toml."""
    paths = os.pathsep.join(str(ROOT / each) for each in ("", "rehearsal/tests", "bench"))
    return os.environ | {"HYPOTHESIS_PROFILE": "deep", "PYTHONPATH": paths}


def table(results: list[Result]) -> str:
    width = max(map(len, EVERY))
    rows = [f"{each.name:{width}}  {each.seed:4}  {each.seconds:7}  {each.result}" for each in results]
    return "\n".join(["", f"{'check':{width}}  seed  seconds  result", *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
