"""The commands, one file each. A new command is a file and its name in `COMMANDS`."""

from __future__ import annotations

from bot.commands import logoff, sessions

COMMANDS = (logoff.COMMAND, sessions.COMMAND)
BY_NAME = {command.name: command for command in COMMANDS}
ASK_TYPES = {command.name: command.ask_type for command in COMMANDS}
