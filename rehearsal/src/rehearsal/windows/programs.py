"""What runs in the sessions of a host: a file beside that of the sessions, which the C shim reads too.

One program a line, parted by TAB: the id of its session, its name (UTF-16 in hexadecimal, so it may hold anything), its
CPU time in ticks of 100 ns, and its working set in bytes, below 4 GB.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class Program(NamedTuple):
    """What runs in a session."""

    name: str
    cpu: int
    memory: int


ORDINARY = (
    Program("winlogon.exe", 3_125_000, 9_437_184),
    Program("explorer.exe", 412_500_000, 138_412_032),
    Program("EXCEL.EXE", 7_200_000_000, 1_288_490_188),
)
"""What runs in each session, unless the farm is told otherwise."""


class Programs:
    """The file of one host."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def run(self, programs: Mapping[int, Iterable[Program]]) -> None:
        """From now on these run in the sessions with these ids, and in no other session anything."""
        rows = ((number, each) for number in programs for each in programs[number])
        lines = (f"{number}\t{_to_hex(each.name)}\t{each.cpu}\t{each.memory}\n" for number, each in rows)
        self._path.write_text("".join(lines), encoding="ascii")

    def of(self, session_id: int) -> list[Program]:
        rows = (line.split("\t") for line in self._path.read_text(encoding="ascii").splitlines())
        return [
            Program(_from_hex(name), int(cpu), int(memory))
            for number, name, cpu, memory in rows
            if int(number) == session_id
        ]


def _to_hex(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").hex()


def _from_hex(text: str) -> str:
    return bytes.fromhex(text).decode("utf-16-le", "surrogatepass")
