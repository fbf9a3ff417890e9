"""Tables of the file of a delivering process: positions in streams, receivers, what waits for them, retained topics."""

APPLICATION_ID = 0x476C6476  # "Gldv": marks the SQLite file as deliveries
VERSION = 1
TABLES = (
    "CREATE TABLE streams (name TEXT PRIMARY KEY, epoch TEXT NOT NULL, last_seq TEXT NOT NULL)",
    # since: when it was first configured; what happened before is not for it. untold: dropped, and not told yet.
    "CREATE TABLE receivers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, since REAL NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL DEFAULT 0, untold INTEGER NOT NULL DEFAULT 0,"
    " delivered INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,"
    " last_success REAL, last_error TEXT NOT NULL DEFAULT '', last_error_at REAL)",
    # key: what was received, so that it is not stored twice; body: empty once it is done. batch: sent in one message.
    "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, receiver INTEGER NOT NULL, key TEXT NOT NULL,"
    " rule TEXT NOT NULL, event_time REAL NOT NULL, added_at REAL NOT NULL, done_at REAL, batch TEXT NOT NULL"
    " DEFAULT '', body BLOB NOT NULL, UNIQUE (receiver, key))",
    "CREATE INDEX pending ON deliveries (receiver, id) WHERE done_at IS NULL",
    "CREATE INDEX by_rule ON deliveries (receiver, rule, event_time)",
    "CREATE TABLE retained (topic TEXT PRIMARY KEY, payload BLOB NOT NULL, dirty INTEGER NOT NULL)",
    "CREATE TABLE state (name TEXT PRIMARY KEY, body BLOB NOT NULL)",
)
