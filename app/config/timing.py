"""How often the bot reads people and user groups."""

from datetime import timedelta

GROUPS_EVERY = timedelta(minutes=5)
"""How often people and user groups are read from Slack."""

GROUPS_GOOD_FOR = timedelta(hours=1)
"""How long people and user groups count after Slack answered."""
