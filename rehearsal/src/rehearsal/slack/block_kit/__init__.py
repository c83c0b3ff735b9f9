"""Block Kit as Slack checks it: what a block may hold, what is filled in, what people can use."""
