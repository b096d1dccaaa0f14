"""Chats that are never lost: what was said, as trees of messages in one SQLite file of this user."""
