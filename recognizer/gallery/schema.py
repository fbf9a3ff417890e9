"""The tables of a gallery, for SQLite and PostgreSQL, and how an SQLite file of an older version gets them.

The types are those of SQLite; `configs.postgres.store` translates them.
"""

SCHEMA_VERSION = 4
"""Of an SQLite file."""
POSTGRES_VERSION = 5
APPLICATION_ID = 0x476C6D70  # "Glmp": marks the SQLite file as a gallery
CHIPS_VERSION = 2  # the first schema with the columns length and chip
NEGATIVES_VERSION = 3
CHANGES_VERSION = 4
SIGNATURES_VERSION = 5  # in PostgreSQL
MAX_DIM = 1 << 16  # of a vector; a recogniser has 512

NEGATIVES = """
CREATE TABLE negatives (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    vector BLOB NOT NULL, model_id TEXT NOT NULL, source TEXT NOT NULL, added_at REAL NOT NULL,
    UNIQUE (person, source)
)
"""
CHANGES = """
CREATE TABLE changes (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, person INTEGER, at REAL NOT NULL)
"""
"""What was done to whom, without a name: person is the row in `people`, NULL for all of them. at: Unix seconds."""
SCHEMA = f"""
CREATE TABLE gallery (
    one INTEGER PRIMARY KEY CHECK (one = 1), model_id TEXT NOT NULL, dim INTEGER NOT NULL, revision INTEGER NOT NULL
);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, added_at REAL NOT NULL);
CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    vector BLOB NOT NULL, model_id TEXT NOT NULL,
    source TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, detector TEXT NOT NULL,
    face_px REAL NOT NULL, quality REAL NOT NULL, added_at REAL NOT NULL,
    length REAL, chip BLOB
);
CREATE INDEX faces_by_person ON faces (person);
{NEGATIVES};
{CHANGES};
INSERT INTO gallery VALUES (1, '', 0, 0);
"""
# From each older version to the next. Columns are added at the end, so both kinds of files have the same layout.
MIGRATIONS = {
    1: ("ALTER TABLE faces ADD COLUMN length REAL", "ALTER TABLE faces ADD COLUMN chip BLOB"),
    2: (NEGATIVES,),
    3: (CHANGES,),
}

NODES = """
CREATE TABLE nodes (
    instance TEXT PRIMARY KEY, node TEXT NOT NULL, number INTEGER NOT NULL, seen REAL NOT NULL, max_age REAL NOT NULL
)
"""
"""Running copies. number: of the newest change in the copy that names people.  seen: when that was confirmed as the
newest of all, Unix seconds of the server.  max_age: seconds after which the copy names nobody without that."""
RECEIPTS = """
CREATE TABLE receipts (
    number INTEGER NOT NULL, instance TEXT NOT NULL, node TEXT NOT NULL, at REAL, public_key BLOB, signature BLOB,
    PRIMARY KEY (number, instance)
)
"""
"""For each erasure the copies that existed then. at: when the copy was without the erased; NULL until then.
public_key, signature: of the node (`copies.signature`); NULL where it does not sign."""
POSTGRES_MIGRATIONS = {
    4: ("ALTER TABLE receipts ADD COLUMN public_key BLOB", "ALTER TABLE receipts ADD COLUMN signature BLOB"),
}
POSTGRES_SCHEMA = f"{SCHEMA};{NODES};{RECEIPTS}"
