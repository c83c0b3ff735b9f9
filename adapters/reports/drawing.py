"""One chart at a time: matplotlib's settings and fonts, and the filters of warnings, belong to the whole process."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONE = Lock()
_HERE = r"adapters\.reports\."
"""To whom matplotlib's warnings are told: the caller outside its own package."""


@contextmanager
def one_drawing(**settings: object) -> Iterator[None]:
    """Draw with these settings of matplotlib and with its defaults for the rest, while nobody else draws.

    Its warnings are not told, as of a letter that the font lacks. They are filtered by their place and for good: to
    put the filters of the process back would undo what other threads do to them meanwhile, or keep what they undo.
    """
    import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import

    with _ONE, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        warnings.filterwarnings("ignore", module=_HERE)
        yield
