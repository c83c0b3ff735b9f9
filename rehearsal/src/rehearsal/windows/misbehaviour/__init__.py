"""Misbehaviour of a host: in the output of a command, and over HTTP."""
