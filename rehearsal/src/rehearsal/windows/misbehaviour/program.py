"""A program that does not do what was sent: it fails, its compiler raises an error, or its input is not whole."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from rehearsal.windows.codepages import UTF8
from rehearsal.windows.program_faults import Fails, Mangles, Raises
from rehearsal.windows.shells import Command

NONCE = slice(len("$nonce = '"), len("$nonce = '") + 32)
Run = Callable[[Command], int]


def fail(fails: Fails, command: Command, run: Run) -> int:
    """The exit code."""
    data = command.read_all()
    if fails.after == "act":
        inner_of(command, data, run)
        command.write(data[NONCE])
    command.write(fails.stdout.encode())
    command.write(fails.stderr.encode(), "stderr")
    return fails.exit_code % 2**32


def raise_error(raises: Raises, command: Command) -> int:
    """Writes what the script's catch writes. The exit code is that of a script that ran to its end."""
    nonce = command.read_all()[NONCE].decode("ascii", "replace")
    row = {
        "where": "Add-Type",
        "code": raises.code,
        "kind": raises.kind,
        "id": raises.id,
        "message64": base64.b64encode(raises.message.encode()).decode("ascii"),
    }
    for reply in ({"error": row}, {"end": 1}):
        command.write(f"{nonce}{json.dumps(reply)}{nonce}\n".encode())
    return 0


def mangle(mangles: Mangles, command: Command, run: Run) -> int:
    return run_on(command, mangled(mangles, command.read_all()), run)


def mangled(mangles: Mangles, data: bytes) -> bytes:
    at = max(0, mangles.at % len(data) if mangles.at < 0 else mangles.at) if data else 0
    match mangles.how:
        case "cut":
            return data[:at]
        case "hole":
            begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1
            return data[:begin] + (data[end:] if end else b"")
        case "doubled":
            return data + data
        case _:
            return data + b"# and so on\n"


def run_on(command: Command, data: bytes, run: Run) -> int:
    """Runs the same program on other input, and writes what it writes. The exit code is its own."""
    inner, exit_code = inner_of(command, data, run)
    for stream, piece in inner.collect(timedelta(0)).pieces:
        command.write(piece, stream)
    return exit_code


def inner_of(command: Command, data: bytes, run: Run) -> tuple[Command, int]:
    """Runs the same program on other input, and gives it with its output and its exit code."""
    around = replace(command.around, code_page=UTF8, has_console=False)  # the outer command's ends see to both
    inner = Command(command.line, around=around)
    inner.send(data, end=True)
    command.on_kill(inner.kill)
    exit_code = run(inner)
    inner.end(exit_code)
    return inner, exit_code
