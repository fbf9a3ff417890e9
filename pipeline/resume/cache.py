"""Stores detections and embeddings of a recording per frame, so that `--resume` does not compute them again.

A resumed run starts at the first frame. It takes stored values from the cache and repeats the rest: decoding, tracking,
evidence and decisions. It saves no other state, so its result equals that of an uninterrupted run. The cache is an
SQLite file, which messages call the journal. Embeddings are biometric data, so only its owner can read the file.
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
VERSION = 1  # of the file; those of before 0.5 say 0
COMMIT_SECONDS = 1.0

_LOCK_TIMEOUT_SECONDS = 0.5
_MAX_FULL_HASH_BYTES = 64 << 20
_HASH_CHUNK_BYTES = 8 << 20
_LITTLE_ENDIAN = np.dtype("<f4")
_SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE detections (camera TEXT, frame INTEGER, boxes BLOB NOT NULL, scores BLOB NOT NULL, landmarks BLOB,"
    " PRIMARY KEY (camera, frame))",
    "CREATE TABLE vectors (camera TEXT, frame INTEGER, count INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (camera, frame))",
)


class InferenceCache:
    """Detections and embeddings of one run, by camera and frame index. Create it with `InferenceCache.open`.

    Use it from one thread at a time.
    """

    def __init__(self, database: sqlite3.Connection, path: Path, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._path = path
        self._clock = clock
        self._last_commit = clock()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        fingerprint: Mapping[str, str],
        resume: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> "InferenceCache":
        """Open or create the file at `path`.

        fingerprint: everything the values depend on, by name (sources, model hashes, settings, version).
        resume: keep what the file holds; False empties it.
        Raises ValueError if the file is not a cache, is in use, or has another fingerprint; the message says where they
        differ.
        """
        database = _connect(path)
        try:
            with _translate_errors(path):
                _prepare(database, path, fingerprint=fingerprint, resume=resume)
        except BaseException:
            database.close()
            raise
        return cls(database, path, clock=clock)

    def get_detections(self, camera: str, index: int) -> Detections | None:
        """Return the stored detections of a frame, bit for bit; None if there are none."""
        row = self._fetch(
            "SELECT boxes, scores, landmarks FROM detections WHERE camera = ? AND frame = ?", camera, index
        )
        if row is None:
            return None
        boxes, scores, landmarks = row
        points = None if landmarks is None else _to_array(landmarks).reshape(-1, 5, 2)
        return Detections(_to_array(boxes).reshape(-1, 4), _to_array(scores), points)

    def put_detections(self, camera: str, index: int, detections: Detections) -> None:
        """Store the detections of a frame."""
        landmarks = None if detections.landmarks is None else _to_bytes(detections.landmarks)
        row = (camera, index, _to_bytes(detections.boxes), _to_bytes(detections.scores), landmarks)
        self._insert("INSERT OR REPLACE INTO detections VALUES (?, ?, ?, ?, ?)", row)

    def get_vectors(self, camera: str, index: int) -> Float32 | None:
        """Return the stored embeddings of a frame, float32 (N,dim), in the order stored; None if there are none."""
        row = self._fetch("SELECT count, data FROM vectors WHERE camera = ? AND frame = ?", camera, index)
        if row is None:
            return None
        count, data = row
        return _to_array(data).reshape(count, -1) if count else np.zeros((0, 0), np.float32)

    def put_vectors(self, camera: str, index: int, vectors: Float32) -> None:
        """Store all embeddings of a frame, float32 (N,dim). Raises ValueError for another rank or dtype."""
        if vectors.ndim != 2 or vectors.dtype != np.float32:
            raise ValueError(f"vectors: expected float32 (N, dim), got {vectors.dtype} {vectors.shape}")
        row = (camera, index, len(vectors), _to_bytes(vectors))
        self._insert("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", row)

    def commit(self) -> None:
        """Write pending rows; a killed process does not lose them after that. Raises OSError for a full disk."""
        if self._database.in_transaction:
            with _name_failures(self._path):
                self._database.execute("COMMIT")
        self._last_commit = self._clock()

    def close(self) -> None:
        """Commit and close the file. Raises OSError for a full disk; the file is closed then, too."""
        try:
            self.commit()
        finally:
            self._database.close()

    def _fetch(self, query: str, *values: str | int) -> Any:
        with _name_failures(self._path):
            return self._database.execute(query, values).fetchone()

    def _insert(self, statement: str, row: tuple[object, ...]) -> None:
        with _name_failures(self._path):
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            self._database.execute(statement, row)
        if self._clock() - self._last_commit >= COMMIT_SECONDS:
            self.commit()


def fingerprint(path: Path) -> str:
    """Return size and SHA-256 of a file, or a SHA-256 of all files below a folder in name order.

    Of a file above 64 MiB only the first, middle and last 8 MiB are hashed, so that a day of footage is not read twice.
    Raises OSError if it cannot be read.
    """
    if not path.is_dir():
        return _file_fingerprint(path)
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(os.fsencode(f"{file.relative_to(path).as_posix()}\0{_file_fingerprint(file)}\0"))
    return f"folder sha256:{digest.hexdigest()}"


def _file_fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _MAX_FULL_HASH_BYTES:
            while chunk := file.read(_HASH_CHUNK_BYTES):
                digest.update(chunk)
        else:
            for start in (0, size // 2, size - _HASH_CHUNK_BYTES):
                file.seek(start)
                digest.update(file.read(_HASH_CHUNK_BYTES))
    return f"{size} bytes sha256:{digest.hexdigest()}"


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    # The engine may be built in one thread and run in another, but the two never use the connection at once.
    return sqlite3.connect(path, isolation_level=None, timeout=_LOCK_TIMEOUT_SECONDS, check_same_thread=False)


def _make_private(path: Path) -> None:
    """Remove access of other users from a copied file, and from the side file that SQLite created like it."""
    for file in (path, path.with_name(f"{path.name}-wal")):
        if file.exists() and file.stat().st_mode & 0o077:
            with suppress(PermissionError):  # raised by file systems without permissions
                file.chmod(0o600)


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a ValueError with the path, and a full disk into an OSError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise OSError(f"journal {path}: {error}") from error
        raise ValueError(f"journal {path}: another run is using it") from error
    except sqlite3.DatabaseError as error:
        raise ValueError(f"journal {path}: expected a journal, but it cannot be read ({error})") from error


@contextmanager
def _name_failures(path: Path) -> Iterator[None]:
    """Turn SQLite's errors during a run into an OSError that says what is kept."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(
            f"journal {path}: {error}; the run ends, what was written before is kept:"
            " make room on the disk and run again with --resume"
        ) from error


def _prepare(database: sqlite3.Connection, path: Path, *, fingerprint: Mapping[str, str], resume: bool) -> None:
    # Take the exclusive lock with the first access: one run per journal. The system releases it when the run dies.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA secure_delete = ON")
    application_id = database.execute("PRAGMA application_id").fetchone()[0]
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if tables and application_id != APPLICATION_ID:
        raise ValueError(f"journal {path}: expected a journal, found another SQLite database; it is left unchanged")
    if resume and (version := database.execute("PRAGMA user_version").fetchone()[0]) > VERSION:
        raise ValueError(
            f"journal {path}: expected format {VERSION} or less, got {version}; update Glimpse: a newer one wrote this"
        )
    _make_private(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("BEGIN EXCLUSIVE")
    if tables and resume:
        _check_fingerprint(database, path, fingerprint)
    else:
        _create_tables(database, tables, fingerprint)
    database.execute("COMMIT")


def _create_tables(database: sqlite3.Connection, old_tables: list[str], fingerprint: Mapping[str, str]) -> None:
    for table in old_tables:
        database.execute(f'DROP TABLE "{table}"')
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {VERSION}")
    for statement in _SCHEMA:
        database.execute(statement)
    text = json.dumps(dict(fingerprint), sort_keys=True)
    database.execute("INSERT INTO meta VALUES ('fingerprint', ?)", (text,))


def _check_fingerprint(database: sqlite3.Connection, path: Path, fingerprint: Mapping[str, str]) -> None:
    row = database.execute("SELECT value FROM meta WHERE key = 'fingerprint'").fetchone()
    stored = json.loads(row[0])
    for part in sorted(stored.keys() | fingerprint.keys()):
        old, new = stored.get(part), fingerprint.get(part)
        if old != new:
            expected = f"expected {old!r} as in the interrupted run, got {new!r}"
            raise ValueError(
                f"journal {path}: cannot resume, {part} differs: {expected}; without --resume a run begins anew"
            )


def _to_bytes(array: Float32) -> bytes:
    return np.ascontiguousarray(array, _LITTLE_ENDIAN).tobytes()


def _to_array(data: bytes) -> Float32:
    # Copy: an array over bytes is read-only, unlike fresh detections.
    return np.frombuffer(data, _LITTLE_ENDIAN).astype(np.float32)
