"""The daemon: sockets and HTTP, no model weights."""
