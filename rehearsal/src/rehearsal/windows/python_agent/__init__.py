"""The agent once more in Python, for machines without PowerShell and mono."""
