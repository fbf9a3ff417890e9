"""Records live cameras: a thread that writes the packets of all readers, behind a bounded queue.

No reader waits for a disk. What finds the queue full is dropped, up to the next key frame, and said.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import av

from pipeline.film.retention import FilmLimits, delete_old_film
from pipeline.film.segment_writer import SegmentWriter
from pipeline.film.tap import Connected, Disconnected, FilmTap, Item, PacketCopy
from pipeline.secrets.private_files import make_private_folder

log = logging.getLogger("glimpse")

MAX_QUEUED_BYTES = 64 << 20
CLEAN_SECONDS = 60.0


class FilmRecorder:
    """Records what its taps hand it until `close`. dropped: packets that were not recorded.

    minutes: length of a file.  clock: monotonic seconds, for the intervals of deleting.  Raises OSError for a folder
    that cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        limits: FilmLimits,
        *,
        minutes: float,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        make_private_folder(folder)
        self.dropped = 0
        self._folder, self._limits, self._seconds = folder, limits, 60 * minutes
        self._clock, self._wall = clock, wall
        self._queue: deque[Item] = deque()
        self._queued_bytes = 0
        self._waiting: set[str] = set()  # cameras of which nothing is queued before their next key frame
        self._changed = threading.Condition()
        self._is_closing = False
        self._templates: dict[str, Connected] = {}
        self._writers: dict[str, SegmentWriter] = {}
        self._failing: set[str] = set()
        self._next_clean = clock()
        self._thread = threading.Thread(target=self._run, name="film", daemon=True)
        self._thread.start()

    def tap(self, camera: str) -> FilmTap:
        """What the camera's reader hands its packets to."""
        return FilmTap(camera, self._put, wall=self._wall)

    def close(self) -> None:
        """Write what is queued, finish all files and end the thread; may be called twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _put(self, item: Item) -> None:
        """Queue an item, or drop it; never waits for the disk."""
        with self._changed:
            if self._is_closing:  # a reader that hangs may still be there
                return
            if isinstance(item, PacketCopy) and not self._has_room(item):
                self.dropped += 1
                return
            self._queue.append(item)
            self._queued_bytes += item.size
            self._changed.notify()

    def _has_room(self, packet: PacketCopy) -> bool:
        full = self._queued_bytes + packet.size > MAX_QUEUED_BYTES
        if packet.camera in self._waiting:
            if full or not packet.is_key:
                return False
            self._waiting.discard(packet.camera)
            log.warning(
                "%s: film: recorded again; packets dropped so far: %d",
                packet.camera,
                self.dropped,
                extra={"camera": packet.camera},
            )
        elif full:
            self._waiting.add(packet.camera)
            log.error(
                "%s: film: the disk is too slow; dropped up to the next key frame",
                packet.camera,
                extra={"camera": packet.camera},
            )
        return not full

    def _run(self) -> None:
        while (items := self._next_items()) is not None:
            for item in items:
                self._take(item)
            if self._clock() >= self._next_clean:
                self._clean()
        for camera in list(self._writers):
            self._finish(camera)

    def _next_items(self) -> list[Item] | None:
        """Wait for items, or for the time to delete; None when closing with nothing left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing, CLEAN_SECONDS)
            if self._is_closing and not self._queue:
                return None
            items = list(self._queue)
            self._queue.clear()
            self._queued_bytes = 0
            return items

    def _take(self, item: Item) -> None:
        if isinstance(item, PacketCopy):
            self._write(item)
            return
        self._finish(item.camera)
        if isinstance(item, Connected):
            self._templates[item.camera] = item
        elif isinstance(item, Disconnected):
            self._templates.pop(item.camera, None)

    def _write(self, packet: PacketCopy) -> None:
        """Add a packet to its camera's file, or to a new one; a failure ends the file, and the next key frame tries."""
        camera = packet.camera
        try:
            writer = self._writers.get(camera)
            if writer and (not writer.takes(packet) or (packet.is_key and writer.seconds >= self._seconds)):
                self._finish(camera)
                writer = None
            if writer is None:
                if not packet.is_key or camera not in self._templates:
                    return
                writer = SegmentWriter(self._folder / camera, self._templates[camera].stream, packet)
                self._writers[camera] = writer
            writer.write(packet)
            self._failing.discard(camera)
        except (OSError, av.FFmpegError, ValueError) as error:
            self._fail(camera, error)

    def _fail(self, camera: str, error: Exception) -> None:
        if camera not in self._failing:
            reason = getattr(error, "strerror", None) or type(error).__name__
            log.error(
                "%s: film cannot be written: %s; tried again with each key frame",
                camera,
                reason,
                extra={"camera": camera},
            )
        self._failing.add(camera)
        self._finish(camera)

    def _finish(self, camera: str) -> None:
        writer = self._writers.pop(camera, None)
        if writer is None:
            return
        try:
            writer.close()
        except (OSError, av.FFmpegError) as error:
            log.error(
                "%s: film: the end of a file cannot be written: %s",
                camera,
                type(error).__name__,
                extra={"camera": camera},
            )

    def _clean(self) -> None:
        self._next_clean = self._clock() + CLEAN_SECONDS
        written = {writer.path for writer in self._writers.values()}
        try:
            delete_old_film(self._folder, self._limits, now=self._wall(), written=written)
        except OSError as error:
            log.error("film: cannot be looked through: %s", error.strerror)
