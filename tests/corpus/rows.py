"""The rows of the corpus. Every reader is held to the same ones: tests/contract/test_corpus.py."""

from __future__ import annotations

from tests.corpus.odd_rows import NAMES, OF_TIMES, TIMES, UNREAD
from tests.corpus.ordinary_rows import CONSOLE, FIELDS, ORDINARY, STATES

ROWS = (*ORDINARY, *CONSOLE, *STATES, *TIMES, *FIELDS, *NAMES, *UNREAD, *OF_TIMES)
