"""deploy/Dockerfile and .dockerignore, read as Docker reads them, as far as these two go."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = ROOT / "deploy" / "Dockerfile"


@dataclass(frozen=True, slots=True)
class Step:
    word: str
    rest: str


def steps() -> list[Step]:
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [Step(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in whole.splitlines())]


def ignore_rules() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def is_let_through(path: str) -> bool:
    """Whether the file is in the context. The last rule that matches it, or a folder above it, decides."""
    parts = path.split("/")
    above = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    taken = True
    for rule in ignore_rules():
        pattern = rule.removeprefix("!")
        if any(fnmatch(each, pattern.removeprefix("**/")) or fnmatch(each, pattern) for each in _names(above, pattern)):
            taken = rule.startswith("!")
    return taken


def _names(above: list[str], pattern: str) -> list[str]:
    """A pattern with ** is for a name at any depth, one without for the path from the top."""
    return [each.rpartition("/")[2] for each in above] if pattern.startswith("**/") else above


def allowed(source: str) -> list[Path]:
    """The files of the context under this path that git knows, or would take."""
    call = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", source]
    listed = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603 - our own words
    found = [ROOT / name for name in listed if is_let_through(name) and (ROOT / name).is_file()]
    assert found, f"COPY {source} would find nothing"
    return found
