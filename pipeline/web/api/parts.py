"""What the API asks that the pages do not: alerts, unknown people, corrections, and who reads photographs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from pipeline.alerts.reader import AlertReader
from pipeline.history.corrections.correction import Desk
from pipeline.history.groups.reader import GroupReader
from pipeline.metrics.node_metrics import NodeMetrics
from pipeline.web.api.figures import Requests
from pipeline.web.security.audit import Audit


class FoundFace(NamedTuple):
    """A face of a photograph. box: x0, y0, x1, y1 in pixels of the upright picture.  px: its height.

    detected: the detector's score, 0..1.  name, state, score, threshold, confidence: as `glimpse.Identity` has them.
    """

    box: tuple[float, float, float, float]
    px: float
    detected: float
    name: str | None
    state: str
    score: float
    threshold: float
    confidence: float


class Enrolled(NamedTuple):
    """What became of a photograph: `taken`, `already enrolled` or `refused`. reason, warning: sentences or empty."""

    verdict: str
    reason: str
    warning: str
    face_px: float


class Faces(Protocol):
    """Reads photographs and changes the gallery. All methods raise ApiError; calls may come from several threads."""

    def identify(self, photograph: bytes) -> Sequence[FoundFace]:
        """All faces of a photograph, the largest first, and who they are."""
        ...

    def enrol(self, name: str, photographs: Sequence[bytes]) -> Sequence[Enrolled]:
        """Enrol photographs that pass the quality gate."""
        ...

    def rename(self, name: str, new: str) -> None:
        """Give somebody another name."""
        ...

    def erase(self, name: str) -> int:
        """Erase somebody from the gallery; returns the number of photographs."""
        ...


@dataclass(frozen=True)
class ApiParts:
    """None stands for what this watch room does not have.

    acknowledge: by alert and user; false where that is noted already. Raises ValueError for an unknown alert.
    open_desk: where this user corrects.
    deliveries: files of the processes that deliver alerts, by their name.  history_files: whose size is measured.
    metrics: of the node at the first bus.  requests: how they were answered.
    """

    faces: Faces | None = None
    open_alerts: Callable[[], AlertReader] | None = None
    acknowledge: Callable[[str, str], bool] | None = None
    open_desk: Callable[[str], AbstractContextManager[Desk]] | None = None
    open_groups: Callable[[], AbstractContextManager[GroupReader]] | None = None
    audit: Audit | None = None
    deliveries: Mapping[str, Path] = field(default_factory=dict)
    history_files: Sequence[Path] = ()
    metrics: NodeMetrics = field(default_factory=NodeMetrics)
    requests: Requests = field(default_factory=Requests)
