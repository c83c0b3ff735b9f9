"""Where the checkout lies, so that a test may be moved without a word of it changing."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
