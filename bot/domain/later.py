"""The mark of a field that a value got after the first release."""

from __future__ import annotations

LATER = "later"
"""`field(default="", metadata={LATER: True})`: the default is empty, and then the field says nothing.

So what a release without the field wrote and signed stays the same, and such a release reads past the empty field.
"""
