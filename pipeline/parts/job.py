"""A run that is ready to start."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.capture.feed import Feed
from pipeline.engine import Engine, FrameSource, StopFlag
from pipeline.reload.running import Running
from pipeline.resume.replay_run import delete_cache
from pipeline.settings.outputs import Outputs
from pipeline.sinks.report.run_records import RunRecords
from pipeline.tracks.camera import CameraTracks
from pipeline.types import CameraState


@dataclass
class Job:
    """A run that is ready to start. `interrupted` is true after `stop`.

    outputs: as asked for, with the folder that the report really has.  records: what was seen, None of live cameras
    without a report.  running: takes up a changed configuration; None of recordings.
    """

    engine: Engine
    stop_flag: StopFlag
    feed: Feed
    cameras: dict[str, CameraTracks]
    resources: ExitStack = field(repr=False)
    cache_path: Path | None = None
    interrupted: bool = False
    outputs: Outputs = field(default_factory=Outputs)
    records: RunRecords | None = None
    live: bool = False
    running: Running | None = None

    def stop(self, reason: str) -> None:
        """End the run after the current step; a signal handler may call it."""
        self.interrupted = True
        self.stop_flag.set(reason)

    def run(
        self, *, duration: float = 0.0, through: Callable[[FrameSource], FrameSource] = lambda feed: feed
    ) -> list[str]:
        """Run to the end and close everything; returns a line for each source that failed or gave no frame.

        through: what the engine takes its frames from, made of the feed.
        """
        with self.resources, self.feed:
            self.engine.run(through(self.feed), duration=duration)
        if self.cache_path and not self.stop_flag.reason:
            delete_cache(self.cache_path)
        return [line for camera in self.cameras.values() if (line := _failure(camera))]

    @property
    def damage(self) -> list[str]:
        """A line for each source that was read and yet lacks something: a truncated file, broken frames, a lost link.

        Ask after the run.
        """
        cameras = [camera for camera in self.cameras.values() if not _failure(camera)]
        no_damage = ("", "stopped", self.stop_flag.reason)
        return [f"{camera.settings.name}: {camera.reason}" for camera in cameras if camera.reason not in no_damage]


def _failure(camera: CameraTracks) -> str:
    """Why a source gave no frame or failed; empty where all went well."""
    if camera.last_frame is None or camera.state is CameraState.FAILED:
        return f"{camera.settings.name}: {camera.reason or 'gave no frame'}"
    return ""
