"""What all kinds of rules share, and what each may do."""

from collections.abc import Iterable, Iterator

from pipeline.alerts.cause import Cause
from pipeline.alerts.schedule import Schedule
from pipeline.alerts.subjects import Subjects
from pipeline.alerts.views import CameraView, NodeView, TrackView
from pipeline.capture.camera_names import topic_name
from pipeline.settings.rooms.alerts import AlertRule
from recognizer.gallery.names import normalise_name


class Rule:
    """A rule that finds nothing; each kind overrides what it looks at. It keeps no state of its own but in `subjects`.

    Raises ValueError for names of cameras or people that cannot exist.
    """

    def __init__(self, settings: AlertRule, schedule: Schedule, subjects: Subjects) -> None:
        self.settings, self.schedule, self.subjects = settings, schedule, subjects
        self.people = frozenset(normalise_name(name) for name in settings.people)
        self._cameras = frozenset(topic_name(name) for name in settings.cameras)

    @property
    def name(self) -> str:
        """Its name, by which alerts and cooldowns go."""
        return self.settings.name

    def begin(self, now: float) -> None:
        """From now on it holds: it is new, or its kind or schedule has changed. What was before is not its business."""

    def watches(self, camera: str) -> bool:
        """Whether it holds for a camera."""
        return not self._cameras or camera in self._cameras

    def on_track(self, track: TrackView) -> Cause | None:
        """After each event of a track of its cameras, at a time of its schedule."""
        return None

    def on_camera(self, camera: CameraView, now: float) -> Cause | None:
        """Every second, for each of its cameras whose node is up to date."""
        return None

    def on_node(self, node: NodeView, now: float, started: float) -> Cause | None:
        """Every second. started: when this process began to listen, Unix seconds."""
        return None

    def on_time(self, now: float) -> Iterator[Cause]:
        """Every second, while all nodes are up to date."""
        yield from ()


Rules = Iterable[Rule]
