"""What makes `--resume` exact: the journal remembers what is expensive, and a resumed run replays the rest.

Detections and embeddings are kept per frame; tracking, evidence and decisions run again from the first frame on the
remembered numbers. The result equals an uninterrupted run by construction: no state is saved, so none can be stale, and
nothing is ever unpickled. Frames are decoded again, which is cheap. A journal holds embeddings, which are biometric
data: the file is readable by its owner alone, and whoever needs no resume deletes it.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from detectors.arrays import Float32
from detectors.base import Detections

APPLICATION_ID = 0x474C4A31
COMMIT_SECONDS = 1.0

_LITTLE = np.dtype("<f4")
_SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE detections (camera TEXT, frame INTEGER, boxes BLOB NOT NULL, scores BLOB NOT NULL, landmarks BLOB,"
    " PRIMARY KEY (camera, frame))",
    "CREATE TABLE vectors (camera TEXT, frame INTEGER, count INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (camera, frame))",
)


class AnswerCache:
    """Remembered detections and embeddings of one run; for one thread at a time. Made by `AnswerCache.open`."""

    def __init__(self, database: sqlite3.Connection, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._committed = clock()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        fingerprint: Mapping[str, str],
        resume: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> "AnswerCache":
        """Open or begin the journal at `path`.

        fingerprint: what the numbers depend on, by name (sources, model hashes, settings, version).
        resume: go on with what is there (nothing there: begin); False empties it.
        Raises ValueError when the file is no journal, is in use, or was made from something else, naming what differs.
        """
        database = _connect(path)
        try:
            with _speaking_of(path):
                _prepare(database, path, fingerprint=fingerprint, resume=resume)
        except BaseException:
            database.close()
            raise
        return cls(database, clock=clock)

    def detections(self, camera: str, index: int) -> Detections | None:
        """The faces remembered for a frame, bit for bit; None when it was not reached."""
        row = self._one("SELECT boxes, scores, landmarks FROM detections WHERE camera = ? AND frame = ?", camera, index)
        if row is None:
            return None
        boxes, scores, landmarks = row
        points = None if landmarks is None else _floats(landmarks).reshape(-1, 5, 2)
        return Detections(_floats(boxes).reshape(-1, 4), _floats(scores), points)

    def put_detections(self, camera: str, index: int, found: Detections) -> None:
        """Remember the faces of a frame."""
        points = None if found.landmarks is None else _bytes(found.landmarks)
        row = (camera, index, _bytes(found.boxes), _bytes(found.scores), points)
        self._put("INSERT OR REPLACE INTO detections VALUES (?, ?, ?, ?, ?)", row)

    def vectors(self, camera: str, index: int) -> Float32 | None:
        """The float32 (N,dim) embeddings remembered for a frame, in the order put; None when there are none."""
        row = self._one("SELECT count, data FROM vectors WHERE camera = ? AND frame = ?", camera, index)
        if row is None:
            return None
        count, data = row
        return _floats(data).reshape(count, -1) if count else np.zeros((0, 0), np.float32)

    def put_vectors(self, camera: str, index: int, vectors: Float32) -> None:
        """Remember the float32 (N,dim) embeddings of a frame, all of them at once.

        Raises ValueError on another rank or dtype.
        """
        if vectors.ndim != 2 or vectors.dtype != np.float32:
            raise ValueError(f"vectors: expected float32 (N, dim), got {vectors.dtype} {vectors.shape}")
        self._put("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", (camera, index, len(vectors), _bytes(vectors)))

    def frames_done(self, camera: str | None = None) -> int:
        """How many frames of a camera (of all, when None) have their detections here."""
        where = "" if camera is None else " WHERE camera = ?"
        return int(self._one(f"SELECT count(*) FROM detections{where}", *(() if camera is None else (camera,)))[0])

    def commit(self) -> None:
        """Write out what is pending; a killed process loses nothing older."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        self._committed = self._clock()

    def close(self) -> None:
        """Commit and let go of the file."""
        self.commit()
        self._database.close()

    def _one(self, query: str, *values: str | int) -> Any:
        return self._database.execute(query, values).fetchone()

    def _put(self, statement: str, row: tuple[object, ...]) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
        self._database.execute(statement, row)
        if self._clock() - self._committed >= COMMIT_SECONDS:
            self.commit()


def fingerprint(path: Path) -> str:
    """Size and SHA-256 of a file, or of each file below a folder, in name order.

    Above 64 MiB the first, middle and last 8 MiB stand for the whole: a day of footage is not read twice.
    Raises OSError when it cannot be read.
    """
    if not path.is_dir():
        return _file_fingerprint(path)
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(os.fsencode(f"{file.relative_to(path).as_posix()}\0{_file_fingerprint(file)}\0"))
    return f"folder sha256:{digest.hexdigest()}"


_WHOLE = 64 << 20
_PIECE = 8 << 20


def _file_fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _WHOLE:
            while piece := file.read(_PIECE):
                digest.update(piece)
        else:
            for start in (0, size // 2, size - _PIECE):
                file.seek(start)
                digest.update(file.read(_PIECE))
    return f"{size} bytes sha256:{digest.hexdigest()}"


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    # The engine may be built in one thread and run in another; it is never used by two at a time.
    return sqlite3.connect(path, isolation_level=None, timeout=0.5, check_same_thread=False)


def _keep_private(path: Path) -> None:
    """Close a journal that was copied here to others, and the side file SQLite made with the rights it had."""
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists() and file.stat().st_mode & 0o077:
            with suppress(PermissionError):  # file systems without rights refuse to change them
                file.chmod(0o600)


@contextmanager
def _speaking_of(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        raise ValueError(f"journal {path}: expected it to be free, but another run is using it") from error
    except sqlite3.DatabaseError as error:
        raise ValueError(f"journal {path}: expected a journal, but it cannot be read ({error})") from error


def _prepare(database: sqlite3.Connection, path: Path, *, fingerprint: Mapping[str, str], resume: bool) -> None:
    # Exclusive before the first access: one run per journal, released by the system however that run dies.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA secure_delete = ON")
    kind = database.execute("PRAGMA application_id").fetchone()[0]
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables and kind != APPLICATION_ID:
        raise ValueError(f"journal {path}: expected a journal, found another SQLite database; it is left as it is")
    _keep_private(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("BEGIN EXCLUSIVE")
    if tables and resume:
        _compare(database, path, fingerprint)
    else:
        _begin(database, tables, fingerprint)
    database.execute("COMMIT")


def _begin(database: sqlite3.Connection, tables: list[str], fingerprint: Mapping[str, str]) -> None:
    for table in tables:
        database.execute(f'DROP TABLE "{table}"')
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in _SCHEMA:
        database.execute(statement)
    text = json.dumps(dict(fingerprint), sort_keys=True)
    database.execute("INSERT INTO meta VALUES ('fingerprint', ?)", (text,))


def _compare(database: sqlite3.Connection, path: Path, fingerprint: Mapping[str, str]) -> None:
    row = database.execute("SELECT value FROM meta WHERE key = 'fingerprint'").fetchone()
    then = json.loads(row[0])
    for part in sorted(then.keys() | fingerprint.keys()):
        was, now = then.get(part), fingerprint.get(part)
        if was != now:
            expected = f"expected {was!r} as in the interrupted run, got {now!r}"
            raise ValueError(f"journal {path}: cannot resume, {part} differs: {expected}")


def _bytes(array: Float32) -> bytes:
    return np.ascontiguousarray(array, _LITTLE).tobytes()


def _floats(data: bytes) -> Float32:
    # A copy: arrays over bytes are read-only, and freshly found ones are not.
    return np.frombuffer(data, _LITTLE).astype(np.float32)
