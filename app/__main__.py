"""`python -m app` is `logoff-bot`."""

import os
import signal
import sys


def main() -> None:
    """Run the program. Loading its packages takes a second, in which a bot that is told to stop ends at once."""
    if "run" in sys.argv[1:2]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: os._exit(0))
        signal.signal(signal.SIGHUP, lambda *_: None)  # it is read after this anyway
    from app.cli.main import main as program  # noqa: PLC0415 - that is what takes a second

    program()


if __name__ == "__main__":
    main()
