"""How hard the property tests try: `HYPOTHESIS_PROFILE` is quick (by default), ci or deep."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterable
Case = TypeVar("Case")

for profile, most in {"quick": 4, "ci": 100, "deep": 5000}.items():
    settings.register_profile(profile, max_examples=most, deadline=None)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
settings.load_profile(PROFILE)


def examples(times: float) -> int:
    """Return `times` as many examples as the profile asks for: a test whose faults are rarer tries more of them."""
    return round(settings().max_examples * times)


def sample(cases: Iterable[Case], every: int) -> list[Case]:
    """Return all cases; with the profile `quick` every so many-th, from the first on. For cases that take long."""
    return list(cases)[:: every if PROFILE == "quick" else 1]


def few(cases: Iterable[Case], every: int) -> list[Case]:
    """Return every so many-th case, from the first on; all of them with the profile `deep` alone."""
    return list(cases)[:: 1 if PROFILE == "deep" else every]
