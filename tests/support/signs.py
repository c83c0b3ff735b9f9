"""The signs that no text from outside may show: what a card marks things with, now or some day, and what looks like it.

Agreed here and written out, so that a sign that `bot/cards/text.py` loses is missed.
"""

SIGNS = (
    *"✓✔✅☑🗸🗹",
    *"✗✘✖❌❎☒🗴🗵🗶🗷",
    *"⚠⛔🚫",
    *"⏳⌛⌚",
    *"📣🔄✋👁👥👤",
    *"❔❓❗",
    *"🟢🟡⚪⚫🔴🟠🔵🟣🟤▫▪◽◾",
    *"↩√",
)
