"""The steps of deploy/Dockerfile without Docker, in a fresh folder: `python -m tests.dockerfile`, part of `make deep`.

Each stage is a folder that stands for its root. COPY takes what .dockerignore lets through from what git knows, RUN is
run by sh with every absolute path of the image led into the folder. Then the program of the image is asked who it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from tests.support.checkout import ROOT
from tests.support.dockerfile import Step, allowed, steps

LED = re.compile(r"(?<![\w.:/*-])(?=/(?:opt|etc|var)/)")
"""Where a path of the image begins."""

FOREIGN = ("pytest", "rehearsal", "mypy")
"""What the image must not have."""


class Build:
    def __init__(self, folder: Path, extras: str) -> None:
        self._folder, self._extras = folder, extras
        self._stage, self._workdir, self._known = folder, "/", dict[str, str]()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))},
            "UV_PYTHON": sys.executable,
        }

    @property
    def root(self) -> Path:
        return self._stage

    def run(self, step: Step) -> None:
        sys.stdout.write(f"-- {step.word} {step.rest[:100]}\n")
        sys.stdout.flush()
        match step.word:
            case "FROM":
                name = step.rest.rpartition(" AS ")[2] if " AS " in step.rest else "image"
                self._stage, self._workdir = self._folder / name, "/"
                self._known[name] = str(self._stage)
                for made in ("etc", "var/lib"):
                    (self._stage / made).mkdir(parents=True)
            case "ARG" if step.rest.startswith("EXTRAS="):
                self._environment["EXTRAS"] = self._extras
            case "WORKDIR":
                self._workdir = step.rest
                self._inside(step.rest).mkdir(parents=True, exist_ok=True)
            case "ENV":
                words = dict(word.split("=", 1) for word in step.rest.split())
                self._environment |= {name: value for name, value in words.items() if name != "PATH"}
            case "COPY":
                self._copy(step.rest.split())
            case "RUN":
                self._run(step.rest)
            case _:
                pass

    def _inside(self, path: str) -> Path:
        return self._stage / path.lstrip("/")

    def _copy(self, words: list[str]) -> None:
        *sources, to = words
        if sources[0].startswith("--from="):
            taken = Path(self._known[sources[0].partition("=")[2]]) / sources[1].lstrip("/")
            shutil.copytree(taken, self._inside(to), symlinks=True)
            return
        target = self._inside(self._workdir) / to
        for source in sources:
            for file in allowed(source):
                behind = file.relative_to(ROOT / source) if (ROOT / source).is_dir() else Path(file.name)
                place = target / behind
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)

    def _run(self, script: str) -> None:
        led = LED.sub(str(self._stage), script)
        if os.getuid() != 0:
            led = led.replace("chown ", ": chown ")  # only root gives a folder away
        cwd = self._inside(self._workdir)
        subprocess.run(["sh", "-ec", led], cwd=cwd, env=self._environment, check=True)  # noqa: S603, S607 - the Dockerfile


def try_image(root: Path) -> None:
    """The program of the image says what it is, reads a configuration, and has nothing that it does not need."""
    program = [str(root / "opt/logoff-bot/.venv/bin/python"), "-m", "app"]

    def ask(*words: str) -> str:
        call = [*program, *words]
        home = {"PATH": "/usr/bin:/bin", "HOME": str(root)}
        # python -m reads the folder that it stands in first; the image's is empty.
        done = subprocess.run(call, cwd=root / "var/lib", env=home, capture_output=True, text=True, check=False)  # noqa: S603 - as above
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert ask("--version").startswith("logoff-bot ")
    manifest = yaml.safe_load(ask("manifest"))
    assert manifest["settings"]["socket_mode_enabled"] is True
    packages = next((root / "opt/logoff-bot/.venv/lib").glob("python*/site-packages"))
    assert (packages / "migrations" / "versions").is_dir()
    assert [name for name in FOREIGN if (packages / name).exists()] == []
    assert not any((root / "opt/logoff-bot").glob("*.py")), "the image has the environment alone"
    size = sum(file.stat().st_size for file in (root / "opt").rglob("*") if file.is_file() and not file.is_symlink())
    sys.stdout.write(f"The image adds {size / 1e6:.0f} MB to Python's.\n")


def main() -> int:
    extras = " ".join(sys.argv[1:]) or "postgres http"
    with tempfile.TemporaryDirectory() as folder:
        build = Build(Path(folder), extras)
        for step in steps():
            build.run(step)
        try_image(build.root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
