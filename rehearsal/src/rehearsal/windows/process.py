"""A real process behind a command: its pipes are the command's, and it ends when the command is killed.

In place of a console it gets the null device: a program finds nothing to read there and waits for nothing.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from rehearsal.windows.shells import Command

_PIECE = 65536


def run_process(
    words: list[str], *, environment: Mapping[str, str], folder: Path, command: Command, data: Iterable[bytes]
) -> int:
    """The exit code. `data` goes to standard input as it comes; output goes to the command as it is written.

    A program need not read to the end of its input: what is still to come then has its own thread to be dropped in.
    """
    process = subprocess.Popen(  # noqa: S603  # running what was sent is what the farm is for; the program is the engine
        words,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL if command.around.has_console else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    command.on_kill(lambda: _kill(process))
    if process.stdin:
        _start(f"stdin of {command.id}", _feed, process.stdin, data)
    streams = {"stdout": process.stdout, "stderr": process.stderr}
    pumps = [_start(f"{name} of {command.id}", _pump, pipe, name, command) for name, pipe in streams.items()]
    for pump in pumps:
        pump.join()
    return process.wait()


def _start(name: str, work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, name=name, daemon=True)
    thread.start()
    return thread


def _pump(pipe: IO[bytes], stream: str, command: Command) -> None:
    with pipe:
        while data := os.read(pipe.fileno(), _PIECE):
            command.write(data, stream)


def _feed(pipe: IO[bytes], data: Iterable[bytes]) -> None:
    """A program that has ended does not read; Windows tells the next Send, this one is lost."""
    with suppress(BrokenPipeError), pipe:
        for piece in data:
            pipe.write(piece)
            pipe.flush()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process leads a group of its own, so what it started goes with it."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
