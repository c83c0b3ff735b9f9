"""Block Kit: the rules Slack checks, the defaults it fills in, the elements people use."""
