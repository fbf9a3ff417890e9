"""Who acknowledges the events of an outbox: what they have not had yet is kept for longer, within bounds.

Their names and numbers stand in a small JSON file beside the outbox (`FILE.db.consumers`), so that a node that starts
again keeps waiting for them.
"""

import logging
import threading
from pathlib import Path

import msgspec

from pipeline.secrets.private_files import replace_private

log = logging.getLogger(__name__)

MAX_CONSUMERS = 16
_MAX_FILE_BYTES = 1 << 16


class Consumer(msgspec.Struct, frozen=True):
    """acknowledged: the row up to which it has everything.

    heard: time of the newest event then, Unix seconds; 0: not known, as in the first minutes of a new outbox.
    """

    acknowledged: int
    heard: float


class TooManyConsumersError(ValueError):
    """A further consumer would hold back the retention of the outbox."""


class Consumers:
    """The consumers of one outbox. Its methods may be called from any thread.

    path: of the outbox. A file that cannot be read counts as none; consumers acknowledge again within seconds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.consumers")
        self._lock = threading.Lock()
        self._known = self._read()

    def acknowledged(self, name: str) -> int:
        """The row up to which this consumer has everything; 0 for one that is not known."""
        with self._lock:
            return self._known[name].acknowledged if name in self._known else 0

    def acknowledge(self, name: str, row: int, heard: float) -> None:
        """Note that a consumer has everything up to this row. Raises OSError, and TooManyConsumersError."""
        with self._lock:
            if name not in self._known and len(self._known) >= MAX_CONSUMERS:
                raise TooManyConsumersError(f"expected at most {MAX_CONSUMERS} consumers of this outbox")
            known = self._known | {name: Consumer(row, heard)}
            if known != self._known:
                replace_private(self._path, msgspec.json.encode(known))
                self._known = known

    def held_from(self, *, since: float) -> int | None:
        """The row up to which all have everything; None where nobody acknowledges.

        since: a consumer that was last heard before this time (Unix seconds) is no longer waited for.
        """
        with self._lock:
            awaited = [one for one in self._known.values() if one.heard >= since or not one.heard]
        return min((one.acknowledged for one in awaited), default=None)

    def _read(self) -> dict[str, Consumer]:
        try:
            if self._path.stat().st_size > _MAX_FILE_BYTES:
                raise ValueError(f"expected at most {_MAX_FILE_BYTES} bytes")
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Consumer])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning(
                "outbox: %s cannot be read, so it waits for no consumer until one is heard: %s", self._path, error
            )
            return {}
