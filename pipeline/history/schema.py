"""The tables of a history, and how an older one becomes a newer one.

The types are those of SQLite; `postgres_database` translates them.
"""

APPLICATION_ID = 0x476C6869  # "Glhi": marks the SQLite file as a history

# The statements that lead from each version to the next, the first from an empty file. Never change one that was
# released: add another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Whose history it is, and after which event its client goes on (pipeline.bus.position), as JSON.
        """CREATE TABLE node (
            one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, epoch TEXT NOT NULL, last_seq TEXT NOT NULL
        )""",
        "CREATE TABLE epochs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, recorded_at REAL NOT NULL)",
        # Events of tracks, names and cameras as they were published; samples without template and crop.
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, topic TEXT NOT NULL, seq INTEGER NOT NULL,
            track INTEGER, wall_time REAL NOT NULL, recorded_at REAL NOT NULL, body BLOB NOT NULL,
            UNIQUE (epoch, topic, seq)
        )""",
        "CREATE INDEX events_by_track ON events (track)",
        "CREATE INDEX events_by_age ON events (recorded_at)",
        # Events that are lost for good (pipeline.bus.reorder.Gap).
        """CREATE TABLE gaps (
            epoch INTEGER NOT NULL, topic TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            open_end INTEGER NOT NULL, recorded_at REAL NOT NULL, PRIMARY KEY (epoch, topic, first)
        )""",
        # number: of the track in its camera and run.  state, person, score, false_alarm: the newest evidence, of
        # evidence_time (media time).  best_state: the best it ever had.  face_px: the largest face.
        """CREATE TABLE tracks (
            id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, camera TEXT NOT NULL, number INTEGER NOT NULL,
            first_seen REAL NOT NULL, last_seen REAL NOT NULL, ended TEXT, face_px REAL NOT NULL,
            state TEXT NOT NULL, person TEXT, score REAL, false_alarm REAL, evidence_time REAL,
            best_state TEXT NOT NULL, recorded_at REAL NOT NULL, UNIQUE (epoch, camera, number)
        )""",
        # Each holds all that pages are selected by: a filter that few tracks pass then reads the index alone.
        "CREATE INDEX tracks_by_time ON tracks (first_seen, id, face_px, camera, person, state)",
        "CREATE INDEX tracks_by_person ON tracks (person, first_seen, id, face_px, camera, state)",
        "CREATE INDEX tracks_by_camera ON tracks (camera, first_seen, id, face_px, person, state)",
        "CREATE INDEX tracks_by_state ON tracks (state, first_seen, id, face_px, camera, person)",
        "CREATE INDEX tracks_by_last_seen ON tracks (state, person, last_seen)",
        "CREATE INDEX tracks_by_age ON tracks (recorded_at)",
        # named: whether the track has the name of somebody enrolled.
        """CREATE TABLE crops (
            track INTEGER PRIMARY KEY, named INTEGER NOT NULL, recorded_at REAL NOT NULL,
            face_px REAL NOT NULL, data BLOB NOT NULL
        )""",
        "CREATE INDEX crops_by_age ON crops (named, recorded_at)",
        """CREATE TABLE templates (
            track INTEGER PRIMARY KEY, named INTEGER NOT NULL, recorded_at REAL NOT NULL, model_id TEXT NOT NULL,
            pooled_px REAL NOT NULL, looks REAL NOT NULL, effective REAL NOT NULL, weight REAL NOT NULL,
            data BLOB NOT NULL
        )""",
        "CREATE INDEX templates_by_age ON templates (named, recorded_at)",
        # Bytes of events, crops and templates, so that their limits cost no reading of the tables.
        "CREATE TABLE usage (kind TEXT PRIMARY KEY, bytes INTEGER NOT NULL)",
        "INSERT INTO usage VALUES ('events', 0), ('crops', 0), ('templates', 0)",
        "INSERT INTO node VALUES (1, '', '', '{}')",
    ),
    (
        # Several nodes may share one database: a run and a position belong to a node.
        """CREATE TABLE nodes_and_epochs (
            id INTEGER PRIMARY KEY, node TEXT NOT NULL, name TEXT NOT NULL, recorded_at REAL NOT NULL,
            UNIQUE (node, name)
        )""",
        "INSERT INTO nodes_and_epochs SELECT epochs.id, node.name, epochs.name, recorded_at FROM epochs, node",
        "DROP TABLE epochs",
        "ALTER TABLE nodes_and_epochs RENAME TO epochs",
        "ALTER TABLE node RENAME TO only_node",
        "CREATE TABLE node (name TEXT PRIMARY KEY, epoch TEXT NOT NULL, last_seq TEXT NOT NULL)",
        "INSERT INTO node SELECT name, epoch, last_seq FROM only_node WHERE name <> ''",
        "DROP TABLE only_node",
        # The clock by which a recorder counts ages. time: what it last said.  ahead: of the clock of its machine.
        "CREATE TABLE clocks (recorder TEXT PRIMARY KEY, time REAL NOT NULL, ahead REAL NOT NULL)",
        # Unknown people. person: the name that an operator gave.  merged_into: the group that took its tracks.
        """CREATE TABLE groups (
            id INTEGER PRIMARY KEY AUTOINCREMENT, first_seen REAL NOT NULL, last_seen REAL NOT NULL,
            tracks INTEGER NOT NULL, person TEXT, merged_into INTEGER, made_at REAL NOT NULL
        )""",
        "CREATE INDEX groups_by_last_seen ON groups (last_seen)",
        # chance: that a stranger's track would be put there too.  by_hand: an operator put it there.
        """CREATE TABLE track_groups (
            track INTEGER PRIMARY KEY, grp INTEGER NOT NULL, chance REAL, by_hand INTEGER NOT NULL
        )""",
        "CREATE INDEX tracks_by_group ON track_groups (grp, track)",
        # What operators said of tracks. is_person: 1: this is that person; 0: this is not.
        """CREATE TABLE verdicts (
            track INTEGER NOT NULL, person TEXT NOT NULL, is_person INTEGER NOT NULL, audit INTEGER NOT NULL,
            PRIMARY KEY (track, person)
        )""",
        "CREATE INDEX verdicts_by_person ON verdicts (person)",
        # What the newest evidence says while a verdict stands, which `state` and `person` follow; else NULL.
        "ALTER TABLE tracks ADD COLUMN evidence_state TEXT",
        "ALTER TABLE tracks ADD COLUMN evidence_person TEXT",
        # Names that were changed: events of before, which may come later, still have the old one.
        """CREATE TABLE renames (
            id INTEGER PRIMARY KEY AUTOINCREMENT, old TEXT NOT NULL, new TEXT NOT NULL, made_at REAL NOT NULL
        )""",
        "CREATE INDEX renames_by_old ON renames (old)",
        # What corrections have still to do in the gallery, as JSON; done and deleted by the next one after a kill.
        "CREATE TABLE gallery_work (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)",
        # Who changed what. undo: what the change replaced, as JSON, empty where it cannot be undone.
        # undoes: the entry that this one takes back.  undone: whether this one was taken back.
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT, made_at REAL NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL,
            target TEXT NOT NULL, details TEXT NOT NULL, undo TEXT NOT NULL, undoes INTEGER,
            undone INTEGER NOT NULL DEFAULT 0
        )""",
        # `person` events to be published, as JSON without node, epoch and seq of the publishing history.
        "CREATE TABLE person_queue (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)",
    ),
)
VERSION = len(MIGRATIONS)
