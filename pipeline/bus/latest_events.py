"""What is going on at this moment: the last event of each camera, of each open track, and of each name."""

import threading

from pipeline.events import CameraEvent, Event, HealthEvent, IdentityEvent, TrackAction, TrackEvent


class LatestEvents:
    """The events a new subscriber needs; written by the publishing thread, read by the replay thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cameras: dict[str, tuple[str, bytes]] = {}
        self._tracks: dict[tuple[str, int], tuple[str, bytes]] = {}
        self._names: dict[tuple[str, int], tuple[str, bytes]] = {}
        self._health: dict[str, tuple[str, bytes]] = {}
        self._last_seq: dict[str, int] = {}

    def update(self, topic: str, event: Event, body: bytes) -> None:
        """Add an event, before it is sent."""
        with self._lock:
            self._last_seq[topic] = event.seq
            match event:
                case TrackEvent(action=TrackAction.END):
                    self._tracks.pop((event.camera, event.track), None)
                    self._names.pop((event.camera, event.track), None)
                case TrackEvent():
                    self._tracks[event.camera, event.track] = (topic, body)
                case IdentityEvent(person=None):
                    self._names.pop((event.camera, event.track), None)
                case IdentityEvent():
                    self._names[event.camera, event.track] = (topic, body)
                case CameraEvent():
                    self._cameras[event.camera] = (topic, body)
                case HealthEvent():
                    self._health[event.node] = (topic, body)

    def open_tracks(self) -> tuple[list[bytes], dict[str, int]]:
        """Return the last encoded track event of each open track, and the last seqs of all topics."""
        with self._lock:
            return [body for _, body in self._tracks.values()], dict(self._last_seq)

    def snapshot(self, prefix: str) -> tuple[list[bytes], dict[str, int]]:
        """Return encoded events (cameras, tracks, names, heartbeat) and last seqs of topics that match `prefix`."""
        with self._lock:
            parts = [list(part.values()) for part in (self._cameras, self._tracks, self._names, self._health)]
            last_seq = dict(self._last_seq)
        events = [body for part in parts for topic, body in part if topic.startswith(prefix)]
        return events, {topic: seq for topic, seq in last_seq.items() if topic.startswith(prefix)}
