"""`python -m app` is `logoff-bot`."""

from app.cli.main import main

main()
