"""What a host does that is not well: in the output of a command, and over HTTP."""
