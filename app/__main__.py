"""`python -m bot` is `logoff-bot`."""

from app.cli.main import main

main()
