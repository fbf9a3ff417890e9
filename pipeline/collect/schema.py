"""The tables of the one stream of events. The types are those of SQLite; `postgres_database` translates them."""

from pipeline.store_file import StoreKind

APPLICATION_ID = 0x476C636F  # "Glco"

# The statements that lead from each version to the next, the first from an empty database. Never change one that was
# released: add another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # What is read, by its address: the node there, and after which event its client goes on, as JSON.
        """CREATE TABLE sources (
            address TEXT PRIMARY KEY, node TEXT NOT NULL, epoch TEXT NOT NULL, last_seq TEXT NOT NULL,
            arrived REAL NOT NULL
        )""",
        "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, epoch TEXT NOT NULL,"
        " UNIQUE (node, epoch))",
        # The last event of each topic that was stored, also where the event itself is no longer kept.
        "CREATE TABLE heads (run INTEGER NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY (run, topic))",
        # id: the number of the entry, in the order of arrival; none is given twice.
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL,
            arrived REAL NOT NULL, body BLOB NOT NULL, UNIQUE (run, topic, seq)
        )""",
        # Events that are lost for good (pipeline.bus.reorder.Gap).
        """CREATE TABLE gaps (
            address TEXT NOT NULL, epoch TEXT NOT NULL, topic TEXT NOT NULL, first INTEGER NOT NULL,
            last INTEGER NOT NULL, open_end INTEGER NOT NULL, arrived REAL NOT NULL,
            PRIMARY KEY (address, epoch, topic, first)
        )""",
        # How far each bridge is. place: of that entry, as the other system counts.
        "CREATE TABLE bridges (name TEXT PRIMARY KEY, number INTEGER NOT NULL, place INTEGER NOT NULL,"
        " error TEXT NOT NULL)",
        # bytes: of all bodies.  pruned: the highest number that was deleted.
        "CREATE TABLE figures (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
        "INSERT INTO figures VALUES ('bytes', 0), ('pruned', 0)",
    ),
    (
        # Entries that the other system of a bridge never gets. size, most: bytes that it has, and may have there.
        # setting: what says so. They stay left out, whatever it says later: their place in the order has passed.
        "CREATE TABLE skipped (bridge TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL,"
        " most INTEGER NOT NULL, setting TEXT NOT NULL, PRIMARY KEY (bridge, number))",
    ),
)
KIND = StoreKind("collection", "a collection of events", "glimpse collect", APPLICATION_ID, MIGRATIONS)
