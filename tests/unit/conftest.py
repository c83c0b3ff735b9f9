from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let nothing in this folder talk to anybody. A fixture for each test would take a tenth of the time."""
    item.add_marker("disable_socket")
