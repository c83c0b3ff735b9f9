"""`python -m bot` is `logoff-bot`."""

from bot.cli import main

main()
