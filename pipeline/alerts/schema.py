"""The tables of a file of alerts."""

APPLICATION_ID = 0x476C616C  # "Glal": marks the SQLite file as alerts
VERSION = 1
TABLES: tuple[str, ...] = (
    # cause: what raised it, once for each rule.  known_as: everybody that its track was or may have been, as JSON.
    # fingerprint: recognises the same cause in a run that was resumed.  next_at: of the next escalation.
    """CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, kind TEXT NOT NULL,
        cause TEXT NOT NULL, fingerprint TEXT NOT NULL, happened_at REAL NOT NULL, raised_at REAL NOT NULL,
        of_node TEXT NOT NULL, of_epoch TEXT NOT NULL, camera TEXT NOT NULL, track INTEGER, person TEXT, grp TEXT,
        known_as TEXT NOT NULL DEFAULT '[]', false_alarm REAL, face_px REAL, text TEXT NOT NULL, crop BLOB NOT NULL,
        level INTEGER NOT NULL DEFAULT 0, max_level INTEGER NOT NULL, escalate_seconds REAL NOT NULL, next_at REAL,
        ended_at REAL, acknowledged_at REAL, acknowledged_by TEXT, UNIQUE (rule, cause)
    )""",
    "CREATE INDEX alerts_by_track ON alerts (of_epoch, camera, track)",
    "CREATE INDEX alerts_by_escalation ON alerts (next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX alerts_by_age ON alerts (raised_at)",
    # Events that wait to be published; their envelope is filled in then.
    "CREATE TABLE outgoing (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)",
    # After which event each client goes on (pipeline.bus.position), as JSON.
    "CREATE TABLE positions (stream TEXT PRIMARY KEY, epoch TEXT NOT NULL, last_seq TEXT NOT NULL)",
    # The last event of each topic that was judged; what comes again is recognised by it.
    """CREATE TABLE seen (
        epoch TEXT NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (epoch, topic)
    )""",
    "CREATE INDEX seen_by_age ON seen (at)",
    # What is known of open tracks, cameras and nodes, as JSON.
    "CREATE TABLE state (name TEXT PRIMARY KEY, body BLOB NOT NULL)",
    # What a rule knows of a person, a group or a camera, as JSON.
    """CREATE TABLE subjects (
        rule TEXT NOT NULL, subject TEXT NOT NULL, last REAL NOT NULL, body BLOB NOT NULL, PRIMARY KEY (rule, subject)
    )""",
    "CREATE INDEX subjects_by_age ON subjects (last)",
    # The best crop of each open track.
    "CREATE TABLE crops (track TEXT PRIMARY KEY, px REAL NOT NULL, crop BLOB NOT NULL)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)
