"""A site of real processes: two RTSP cameras, a node with an outbox, and a client that keeps its position."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from pipeline.client import Gap
from pipeline.events import Event, decode, topic
from tests.endurance.audit import RECORDING, Record
from tests.endurance.child import Child, EndedEarlyError
from tests.endurance.received import ReceivedFile
from tests.endurance.tap import Tap
from tests.synthetic.node import free_address
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.video import walk_clip
from tests.synthetic.world import World, write_config

CAMERAS = ("door", "yard")
# Little work, because much else runs beside it: two such cameras take a quarter of a core.
FPS, SIZE, FACE_PX = 4.0, (640, 360), (14, 40)
CLIP_SECONDS = 6.0  # three people a camera; each time that the clip begins again they are new tracks
RECORDING_SECONDS = 20.0  # 240 frames
START_SECONDS = 120.0
SETTLE_SECONDS = 240.0
_IDLE_SECONDS = 60.0
_POLL_SECONDS = 0.5


@contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """A folder for the files of a run: `keep`, which is made, or one that is deleted afterwards."""
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.absolute()
        return
    with TemporaryDirectory(prefix="glimpse-endurance-") as folder:
        yield Path(folder)


class Site:
    """The cameras run from the beginning to the end; the node and the client start when they are told to.

    folder: takes all files.  update_seconds: time between two updates of one track.
    """

    def __init__(self, folder: Path, *, update_seconds: float = 1.0) -> None:
        self.folder, self.outbox, self._received = folder, folder / "outbox.db", folder / "received.db"
        world = World(folder / "world", seconds=CLIP_SECONDS, fps=FPS, size=SIZE, face_px=FACE_PX)
        self._address = free_address()
        with ExitStack() as stack:
            server = stack.enter_context(rtsp_server(dict.fromkeys(CAMERAS, world.clip)))
            self.tap = stack.enter_context(Tap(self._address))
            self._resources = stack.pop_all()
        cameras = [{"name": name, "source": server.url(name)} for name in CAMERAS]
        events = {"bind": self._address, "outbox": str(self.outbox), "update_seconds": update_seconds}
        self._config = write_config(folder / "site.yaml", world.settings(cameras=cameras, events=events))
        self._config_of_recording = write_config(folder / "recording.yaml", world.settings(events=events))

    def start_node(self) -> Child:
        """Start run_pipeline.py; returns at once."""
        self.tap.drain()  # so that the next event is of this node
        return self._start("the node", "run_pipeline.py", "--config", self._config)

    def start_recording(self) -> Child:
        """Start run_pipeline.py on a recording, or go on with it where a run before was killed; returns at once."""
        self.tap.drain()
        clip = self.folder / f"{RECORDING}.mp4"
        if not clip.exists():
            walk_clip(clip, people=3, seconds=RECORDING_SECONDS, size=SIZE, face_px=FACE_PX)
        resumed = ("--report", self.folder / "report", "--resume")
        return self._start(
            "the recording", "run_pipeline.py", "--config", self._config_of_recording, "--source", clip, *resumed
        )

    def start_client(self) -> Child:
        """Start the client, which goes on where it was; returns at once."""
        return self._start("the client", "-m", "tests.endurance.client", self._address, self._received)

    def wait_for_events(self, node: Child) -> Event:
        """The first event of a node. Raises EndedEarlyError where it ends instead, or gives none for two minutes."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if event := self.tap.wait_for(lambda _: True, _POLL_SECONDS):
                return event
            node.check()
        raise EndedEarlyError(f"{node.name} sent no event for {START_SECONDS:.0f} s after its start")

    def settle(self, client: Child) -> Record:
        """Start the node again, let the client fetch what it lacks of all runs before, and return what there was.

        That run, which only serves the others, is left out. The client is given up when it has received nothing more
        for a minute.
        """
        node = self.start_node()
        closing_run = self.wait_for_events(node).epoch
        self._wait(lambda: self._progress(closing_run))
        client.check()
        client.kill()
        node.kill()
        return self._record(closing_run)

    def close(self) -> None:
        """End all processes; the files stay."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, name: str, *arguments: str | Path) -> Child:
        return self._resources.enter_context(
            closing(Child(name, arguments, self.folder / f"{name.removeprefix('the ')}.log"))
        )

    def _wait(self, progress: Callable[[], tuple[bool, int]]) -> None:
        """Wait until all is there, or nothing more comes."""
        end = time.monotonic() + SETTLE_SECONDS
        before, changed = -1, time.monotonic()
        while time.monotonic() < end and time.monotonic() - changed < _IDLE_SECONDS:
            is_complete, count = progress()
            if is_complete:
                return
            if count != before:
                before, changed = count, time.monotonic()
            time.sleep(_POLL_SECONDS)

    def _progress(self, closing_run: str) -> tuple[bool, int]:
        """Whether the client has all stored events of the runs before this one, and how many items it has of them."""
        record = self._record(closing_run)
        received = {(item.epoch, topic(item), item.seq) for item in record.received if not isinstance(item, Gap)}
        kept = {(event.epoch, topic(event), event.seq) for event in record.kept}
        return kept <= received, len(record.received)

    def _record(self, closing_run: str) -> Record:
        with closing(sqlite3.connect(f"{self.outbox.as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT body FROM events WHERE epoch != ? ORDER BY id", (closing_run,)).fetchall()
        with closing(ReceivedFile(self._received)) as received:
            items = received.read()
        return Record(
            sent=[event for event in self.tap.events if event.epoch != closing_run],
            kept=[decode(body) for (body,) in rows],
            received=[item for item in items if item.epoch != closing_run],
        )
