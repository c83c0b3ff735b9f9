"""All of standard error is JSON lines, whoever writes: tried in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = r"""
import logging, sys, threading, warnings
import structlog
from app.logging import set_up
set_up(level=logging.INFO, as_json=True)
odd = "one\ntwo\r\nthree\u2028four\u2029five\x1b[31m\x00\x85six\ud800\u202e"
structlog.get_logger().info("own.line", text=odd)
for name in ("slack_bolt.App", "slack_sdk.web", "sqlalchemy.engine", "sqlalchemy.pool", "alembic.runtime", "urllib3"):
    logging.getLogger(name).error("%s", odd)
logging.getLogger("urllib3").warning("no %d such %s", "values")
logging.getLogger("urllib3").log(35, "an odd level")
try:
    raise ValueError(odd)
except ValueError:
    logging.getLogger("alembic").exception("it failed")
    structlog.get_logger().exception("own.failure")
warnings.warn(odd, stacklevel=1)

class Bad:
    def __del__(self):
        raise RuntimeError(odd)
    def __str__(self):
        raise RuntimeError("no words")

del (bad := Bad()).__dict__
bad = None
logging.getLogger("urllib3").error("%s", "fine")
def fail():
    raise RuntimeError(odd)
threads = [threading.Thread(target=fail, name="worker") for _ in range(8)]
many = [threading.Thread(target=lambda: [logging.getLogger("x").error(odd * 50) for _ in range(50)]) for _ in range(4)]
own = lambda: [structlog.get_logger().info("y", t=odd * 50) for _ in range(50)]
many += [threading.Thread(target=own) for _ in range(4)]
for thread in threads + many:
    thread.start()
for thread in threads + many:
    thread.join()
raise RuntimeError(odd)
"""


def lines_of(program: str) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert done.stdout == b""
    text = done.stderr.decode("ascii")  # anything else is escaped, so that no reader splits a line in another place
    assert not set(map(ord, text)) & (set(range(32)) - {10})
    return done.returncode, [json.loads(line) for line in text.splitlines()]


def test_whoever_writes_a_record_is_one_line_of_json() -> None:
    code, lines = lines_of(PROGRAM)
    assert code == 1
    assert all(set(line) >= {"event", "level", "timestamp"} for line in lines)
    by_library = [line["library"] for line in lines if line["event"] == "library.said" and line["library"] != "x"]
    assert by_library == [
        "slack_bolt.App", "slack_sdk.web", "sqlalchemy.engine", "sqlalchemy.pool", "alembic.runtime", "urllib3",
        "urllib3", "urllib3", "alembic", "py.warnings", "urllib3",
    ]  # fmt: skip
    events = [line["event"] for line in lines]
    assert events.count("thread.failed") == 8
    assert events.count("exception.ignored") == 1
    assert (events.count("y"), events.count("library.said")) == (200, 211)
    assert lines[-1]["event"] == "process.failed"
    assert "one\ntwo\r\nthree\u2028four" in lines[-1]["exception"]
    assert lines[0]["text"].startswith("one\ntwo\r\nthree\u2028four\u2029five\x1b[31m\x00")


def test_a_log_that_nobody_reads_any_more_stops_no_work() -> None:
    program = (
        "import logging, os, structlog; from app.logging import set_up; set_up(level=20, as_json=True); "
        "r, w = os.pipe(); os.dup2(w, 2); os.close(r); os.close(w); "
        "structlog.get_logger().info('a'); logging.getLogger('b').error('c'); os.write(1, b'goes on')"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert done.stdout == b"goes on"


STUCK = r"""
import logging, threading, time
from datetime import timedelta
from adapters.sql.write_queue import FairLock
from app.logging import set_up
from app.watchdog import Watchdog
set_up(level=logging.INFO, as_json=True)
turns = FairLock()
with turns.take(timedelta(0)):
    Watchdog(turns.holder, rounds=3, wait=lambda: time.sleep(0.01)).start()
    threading.Event().wait()
"""

STARTS = r"""
import logging, threading
from app.logging import set_up
from app.running import leave, run_until_told
set_up(level=logging.INFO, as_json=True)

class Bot:
    owner = None
    def writer(self): return None
    def start(self): raise RuntimeError("one\ntwo")
    def stop(self): threading.Event().wait()  # it hangs

run_until_told(Bot)
leave(0)
"""

ANOTHER_THREAD = r"""
import logging, signal, threading
from app.logging import set_up
from app.running import leave, run_until_told
set_up(level=logging.INFO, as_json=True)

class Bot:
    owner = None
    def writer(self): return None
    def start(self): threading.Timer(0.2, self.take).start()  # the main thread has begun to wait by then
    def take(self): signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    def stop(self): pass

run_until_told(Bot)
leave(0)
"""


def test_a_signal_that_another_thread_takes_ends_the_process() -> None:
    code, lines = lines_of(ANOTHER_THREAD)
    assert code == 0
    assert [line["event"] for line in lines] == ["process.ready", "process.ended"]
    assert lines[-1]["in_order"]


def test_a_process_whose_writer_is_stuck_says_so_and_ends() -> None:
    code, lines = lines_of(STUCK)
    assert code == 75
    assert [(line["event"], line["level"]) for line in lines] == [("process.stuck", "critical")]


def test_a_start_that_breaks_and_an_end_that_hangs_end_the_process_all_the_same() -> None:
    code, lines = lines_of(STARTS)
    assert code == 1
    assert [(line["event"], line.get("in_order")) for line in lines] == [
        ("process.ended", False),
        ("process.failed", None),
    ]
    assert "RuntimeError: one\ntwo" in lines[1]["exception"]
