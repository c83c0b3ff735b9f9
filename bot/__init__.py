"""The core: what may happen, who decides, and what is written down. It knows no Slack, no WinRM, no SQL."""
