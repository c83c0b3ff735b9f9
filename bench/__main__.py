"""All benches, one after the other, with the same options: `make bench BENCH="--quick --check"`.

Exits with the largest exit code of them; a bench that a signal ended counts as in a shell, with 128 and the number of
the signal. A bench that fails does not stop the others.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_FRAME = re.compile("^from frame import", re.MULTILINE)


def benches() -> list[Path]:
    """Return the files that use the frame of all benches, by name; the others are their worlds."""
    return sorted(path for path in HERE.glob("*.py") if _FRAME.search(path.read_text("utf-8")))


def main() -> int:
    codes = []
    for bench in benches():
        sys.stdout.write(f"\n== bench/{bench.name} {' '.join(sys.argv[1:])}\n")
        sys.stdout.flush()
        codes.append(subprocess.run([sys.executable, bench, *sys.argv[1:]], check=False).returncode)  # noqa: S603 - our own files
    return max(128 - code if code < 0 else code for code in codes)


if __name__ == "__main__":
    sys.exit(main())
