"""The file of the self-check: what it found last, and the usual figures of each camera.

`glimpse selfcheck` writes it, and a node puts its result into health events.
"""

import logging
import os
from pathlib import Path

import msgspec

from pipeline.events import SelfCheckHealth
from pipeline.secrets.private_files import replace_private

log = logging.getLogger(__name__)

VERSION = 1
MAX_BYTES = 16 << 20


class Usual(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over the clean checks of a camera: one mean of each. tracks: that they rest on together."""

    means: tuple[float, ...]
    tracks: int


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found wrong. camera: empty for the whole site.  kind: short name of it.

    text: what was seen, with figures.  advice: what to do.  chance: that a site without a fault shows as much.
    """

    camera: str
    kind: str
    text: str
    advice: str
    chance: float


class SelfCheckState(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. checked_at: Unix seconds.  model_id: whose figures they are; those of another one are forgotten.

    cameras: that had faces enough.  usual: camera to figure to what it usually is.
    """

    version: int = VERSION
    checked_at: float = 0.0
    model_id: str = ""
    cameras: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    usual: dict[str, dict[str, Usual]] = {}

    @property
    def health(self) -> SelfCheckHealth:
        """What health events say of it."""
        worst = min(self.faults, key=lambda fault: fault.chance, default=None)
        return SelfCheckHealth(
            checked_at=self.checked_at,
            cameras=len(self.cameras),
            findings=len(self.faults),
            worst=f"{worst.camera}: {worst.text}" if worst and worst.camera else worst.text if worst else "",
        )


def load_state(path: Path) -> SelfCheckState:
    """The file; an empty state where there is none. Raises ValueError for another file or version, and OSError."""
    if not path.exists():
        return SelfCheckState()
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        state = msgspec.json.decode(data, type=SelfCheckState)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"selfcheck.file {path}: expected a file of glimpse selfcheck ({error})") from error
    if state.version != VERSION:
        raise ValueError(f"selfcheck.file {path}: expected version {VERSION}, got {state.version}; delete it")
    return state


def save_state(path: Path, state: SelfCheckState) -> None:
    """Replace the file at once, for its owner only. Raises OSError."""
    replace_private(path, msgspec.json.format(msgspec.json.encode(state), indent=1))


class SelfCheckFile:
    """The newest result in a file, read again when the file has changed. path: empty: there is none."""

    def __init__(self, path: str) -> None:
        self._path, self._seen = path, (0, 0)
        self._health: SelfCheckHealth | None = None

    def read(self) -> SelfCheckHealth | None:
        """The newest result; None before the first. A file that cannot be read is logged, and the last one holds."""
        if not self._path:
            return None
        try:
            status = os.stat(self._path)
        except OSError:
            return self._health
        if (seen := (status.st_mtime_ns, status.st_size)) != self._seen:
            self._seen = seen
            self._take()
        return self._health

    def _take(self) -> None:
        try:
            state = load_state(Path(self._path))
        except (OSError, ValueError) as error:
            log.warning("%s", error)
            return
        self._health = state.health if state.checked_at else None
