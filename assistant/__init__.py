"""Cairn: a local, offline code assistant: engine, daemon, client, command line."""

__version__ = "0.1.0"
