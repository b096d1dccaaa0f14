"""The one room that uses the network: `cairn models search` and `cairn models pull`, and nothing else, enter it."""
