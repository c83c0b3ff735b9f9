"""The signs in front of cards and rows. Each stands beside its word, so that nobody has to know a sign to read a card.

They are letters of Unicode, not names such as `:x:`: a chat shows those in headers and on a locked phone as well, and a
name would have to be switched on for a whole header, where a text from outside could then make a sign of its own.
"""

from __future__ import annotations

from enum import StrEnum


class Sign(StrEnum):
    """What a reader sees before a word is read. In a text from outside each of them is shown as unreadable."""

    WAITS = "\u23f3"  # ⏳ a person or a host is waited for
    WARNED = "\N{CHEERING MEGAPHONE}"  # 📣 people are warned, and the time to save runs
    RUNS = "\N{ANTICLOCKWISE DOWNWARDS AND UPWARDS OPEN CIRCLE ARROWS}"  # 🔄 a host works
    DONE = "\u2705"  # ✅ all that was wanted has happened
    PARTLY = "\u26a0\ufe0f"  # ⚠️ some of it has, or nobody knows yet
    REFUSED = "\u26d4"  # ⛔ a rule, a limit or the pause said no
    DENIED = "\N{NO ENTRY SIGN}"  # 🚫 a person said no
    CANCELLED = "\u21a9\ufe0f"  # ↩️ it was taken back
    EXPIRED = "\u231b"  # ⌛ its time was over
    FAULT = "\u274c"  # ❌ a fault kept it from happening
    PREVIEW = "\N{EYE}\ufe0f"  # 👁️ what would happen; nothing was changed
    LIST = "\N{BUSTS IN SILHOUETTE}"  # 👥 who is there
    LEFT_ALONE = "\u270b"  # ✋ nothing was done, on purpose
    AT_WORK = "\N{LARGE GREEN CIRCLE}"  # 🟢 somebody works in the session now
    IDLE = "\N{LARGE YELLOW CIRCLE}"  # 🟡 Active, and no input for a while
    LEFT = "\u26aa"  # ⚪ Disconnected
    UNKNOWN = "\u2754"  # ❔ the host could not tell
    NOBODY = "\u25ab\ufe0f"  # ▫️ nobody is logged on there


def signed(sign: str, text: str) -> str:
    """Return the text behind its sign."""
    return f"{sign} {text}" if sign else text
