"""The tables of the chats' file. An answer on its way is a message named `~` and its turn, until it is over."""

from assistant.database import Kind

CHATS = Kind(
    name="the file of your chats",
    table="messages",
    migrations=(
        """
        CREATE TABLE chats (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL,
            tip TEXT NOT NULL,
            begun_at REAL NOT NULL,
            changed_at REAL NOT NULL
        ) STRICT;
        CREATE INDEX chats_by_change ON chats (changed_at);

        CREATE TABLE messages (
            id INTEGER PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE,
            chat TEXT NOT NULL,
            parent TEXT NOT NULL,
            role TEXT NOT NULL,
            text TEXT NOT NULL,
            read TEXT NOT NULL,
            said_at REAL NOT NULL
        ) STRICT;
        CREATE INDEX messages_by_chat ON messages (chat, role);

        CREATE TABLE turns (
            id TEXT PRIMARY KEY,
            chat TEXT NOT NULL,
            question TEXT NOT NULL,
            answer TEXT NOT NULL,
            asked_at REAL NOT NULL,
            system TEXT NOT NULL,
            model TEXT NOT NULL,
            stop TEXT NOT NULL,
            num_prompt_tokens INTEGER,
            num_cached_tokens INTEGER,
            num_tokens INTEGER,
            ttft_ms REAL,
            tokens_per_s REAL
        ) STRICT;
        CREATE INDEX turns_by_chat ON turns (chat);

        CREATE TABLE systems (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE VIRTUAL TABLE texts USING fts5 (text, content = 'messages', content_rowid = 'id', tokenize = 'trigram');
        CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
            INSERT INTO texts (rowid, text) VALUES (new.id, new.text);
        END;
        CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
            INSERT INTO texts (texts, rowid, text) VALUES ('delete', old.id, old.text);
        END;
        CREATE TRIGGER message_grown AFTER UPDATE OF text ON messages BEGIN
            INSERT INTO texts (texts, rowid, text) VALUES ('delete', old.id, old.text);
            INSERT INTO texts (rowid, text) VALUES (new.id, new.text);
        END;
        """,
    ),
)
