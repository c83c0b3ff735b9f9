"""The commands, one file each. A new command is a file and its name in `COMMANDS`."""

from __future__ import annotations

from bot.commands import audit, disconnect, logoff, sessions, tsmessage

COMMANDS = (logoff.COMMAND, disconnect.COMMAND, sessions.COMMAND, tsmessage.COMMAND, audit.COMMAND)
BY_NAME = {command.name: command for command in COMMANDS}
ASK_TYPES = {command.name: command.ask_type for command in COMMANDS}
