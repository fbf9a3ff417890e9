"""The events Glimpse publishes, and the only place their fields are declared: the JSON Schema is made from these types.

Every message of one kind and camera counts `seq` up by one, so a subscriber sees each gap; `epoch` is new with every
start of a node, and counting starts again at 0 with it. Numbers are rounded when an event is made (pixels to 0.1,
scores to 0.0001), so that the same recording gives the same bytes.
"""

from enum import StrEnum
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from pipeline.plain_values import require_plain
from pipeline.site.site_time import utc
from pipeline.types import CameraState

SCHEMA_VERSION = 1

Box = tuple[float, float, float, float]


class TrackAction(StrEnum):
    """`end` is guaranteed for every track that was `new`, whatever ends its source."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


class IdentityAction(StrEnum):
    """What became of a track's name."""

    NAMED = "named"
    RENAMED = "renamed"
    RETRACTED = "retracted"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of who a track is, and why; see recognizer.base.Decision."""

    state: Annotated[str, Meta(description="unknown, candidate, ambiguous or named")]
    person: Annotated[str | None, Meta(description="the nearest enrolled person; null when unknown")]
    score: Annotated[
        float, Meta(description="the track's pooled template against that person, on the scale of cosines")
    ]
    threshold: Annotated[float, Meta(description="the score it had to reach at this face size")]
    margin: Annotated[float, Meta(description="score minus the next person's score")]
    faces: Annotated[int, Meta(description="face crops pooled")]
    effective: Annotated[float, Meta(description="the same, counted as independent looks")]
    median_px: Annotated[float, Meta(description="median face height of those crops, pixels")]
    reasons: Annotated[tuple[str, ...], Meta(description="short sentences with figures")]
    false_alarm: Annotated[
        float | None,
        Meta(description="chance that a stranger reaches this score with anybody enrolled; null before 0.3"),
    ] = None
    warnings: Annotated[
        tuple[str, ...],
        Meta(description="what was seen that changes no decision, such as a face that moves like a photograph"),
    ] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The envelope every event shares."""

    v: Annotated[int, Meta(description="version of this format")] = SCHEMA_VERSION
    node: Annotated[str, Meta(description="name of the Glimpse process that saw it")]
    epoch: Annotated[str, Meta(description="identifies one run of that node; of a resumed recording, ends in -resumed")]
    camera: Annotated[str, Meta(description="camera name; empty for health")]
    seq: Annotated[int, Meta(ge=0, description="counts this kind and camera without gaps, from 0 in each epoch")]
    wall_time: Annotated[float, Meta(description="Unix seconds when the frame arrived or was read")]
    time: Annotated[
        str, Meta(description="the same as ISO 8601 in UTC with its offset; empty in events of older nodes")
    ] = ""

    def __post_init__(self) -> None:
        """Fill in `time`. Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)
        msgspec.structs.force_setattr(self, "time", utc(self.wall_time))


class TrackEvent(Message, frozen=True, kw_only=True, tag="track"):
    """A face appeared, is still there (at most once a second), or left."""

    media_time: Annotated[float, Meta(description="seconds on the stream's own clock")]
    action: Annotated[TrackAction, Meta(description="new, update or end")]
    track: Annotated[int, Meta(description="number of the track, per camera, from 1, never used twice in an epoch")]
    box: Annotated[Box, Meta(description="x1, y1, x2, y2 in pixels of the frame; at the end, where it was last seen")]
    face_px: Annotated[float, Meta(description="height of that box, pixels")]
    score: Annotated[float, Meta(description="the detector's score of that box")]
    age: Annotated[float, Meta(description="seconds since the track began; at the end, until it was last seen")]
    capture_time: Annotated[float | None, Meta(description="Unix seconds by the camera's clock; null if it tells none")]
    evidence: Annotated[Evidence | None, Meta(description="who it is so far; null before the first crop was compared")]
    reason: Annotated[str, Meta(description="why it ended: lost, stream ended, stopped, …; empty otherwise")] = ""
    zones: Annotated[tuple[str, ...], Meta(description="zones of the camera that the box's centre is in")] = ()


class IdentityEvent(Message, frozen=True, kw_only=True, tag="identity"):
    """A track got a name, got another, or lost it."""

    media_time: Annotated[float, Meta(description="seconds on the stream's own clock")]
    action: Annotated[IdentityAction, Meta(description="named, renamed or retracted")]
    track: Annotated[int, Meta(description="number of the track")]
    person: Annotated[str | None, Meta(description="the name now; null when retracted")]
    previous: Annotated[str | None, Meta(description="the name before; null when first named")]
    box: Annotated[Box, Meta(description="x1, y1, x2, y2 in pixels of the frame")]
    face_px: Annotated[float, Meta(description="height of that box, pixels")]
    capture_time: Annotated[float | None, Meta(description="Unix seconds by the camera's clock; null if it tells none")]
    evidence: Annotated[Evidence, Meta(description="what the name rests on, or why it was withdrawn")]
    zones: Annotated[tuple[str, ...], Meta(description="zones of the camera that the box's centre is in")] = ()


class CameraEvent(Message, frozen=True, kw_only=True, tag="camera"):
    """A source changed its state."""

    media_time: Annotated[float | None, Meta(description="of its last frame; null before the first")]
    state: Annotated[CameraState, Meta(description="connecting, live, stalled, reconnecting, ended or failed")]
    reason: Annotated[str, Meta(description="why, without credentials; may be empty")]
    final: Annotated[bool, Meta(description="true when the source will not come back by itself")]
    width: Annotated[int, Meta(description="frame width, pixels; 0 while unknown")]
    height: Annotated[int, Meta(description="frame height, pixels; 0 while unknown")]


class CameraHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One camera in a heartbeat."""

    state: Annotated[CameraState, Meta(description="as in the camera's last camera event")]
    frames: Annotated[int, Meta(description="frames handed to the engine")]
    dropped: Annotated[int, Meta(description="frames replaced by a newer one before the engine took them")]
    tracks: Annotated[int, Meta(description="tracks open now")]
    scans: Annotated[
        int | None, Meta(description="frames searched whole, the others where faces were or moved; null if all are")
    ] = None
    frame_age: Annotated[float | None, Meta(description="seconds since the newest frame; null before the first")]
    clock_offset: Annotated[
        float | None,
        Meta(
            description="camera's clock minus the node's as the newest frame arrived, seconds, by RTCP sender "
            "reports; null if the camera tells no time"
        ),
    ] = None

    def __post_init__(self) -> None:
        """Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)


LATENCY_BUCKETS = (0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of `NodeLoad.latency_counts`, seconds."""


class NodeLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What a node has spent since it started, and what waits in it."""

    find_seconds: Annotated[float, Meta(description="finding faces in frames, in seconds, all threads as one")]
    embed_seconds: Annotated[float, Meta(description="reading crops with the recogniser, seconds")]
    crops: Annotated[int, Meta(description="crops read")]
    latency_counts: Annotated[
        tuple[int, ...],
        Meta(description="frames with a latency of at most 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5 and 5 s, and all frames"),
    ]
    latency_seconds: Annotated[float, Meta(description="sum of the latencies of all frames, seconds")]
    queued: Annotated[int, Meta(description="events that wait to be sent")] = 0
    unsent: Annotated[int, Meta(description="events that found the queue full; an outbox has them")] = 0
    outbox_bytes: Annotated[int | None, Meta(description="size of the outbox; null without one")] = None

    def __post_init__(self) -> None:
        """Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)


class GalleryHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How new a node's copy of a gallery in PostgreSQL is."""

    change: Annotated[int, Meta(description="number of the newest change that the node names people by")]
    age: Annotated[float | None, Meta(description="seconds since that was known to be the newest; null: it never was")]
    stale: Annotated[bool, Meta(description="true while nobody is named because that is longer than gallery_max_age")]

    def __post_init__(self) -> None:
        """Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)


class NodeClock(msgspec.Struct, frozen=True, kw_only=True):
    """What a node's system knows of its clock."""

    synchronised: Annotated[bool, Meta(description="whether a time server sets it (NTP)")]
    max_error: Annotated[
        float | None, Meta(description="by how much it may be off, seconds; null: nobody knows, as nothing sets it")
    ]

    def __post_init__(self) -> None:
        """Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)


class SelfCheckHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What `glimpse selfcheck` found last on this node's site."""

    checked_at: Annotated[float, Meta(description="Unix seconds of the last check")]
    cameras: Annotated[int, Meta(description="cameras that had faces enough to be checked")]
    findings: Annotated[int, Meta(description="what was found wrong")]
    worst: Annotated[str, Meta(description="the surest finding in words; empty without any")]

    def __post_init__(self) -> None:
        """Raises ValueError for a value that JSON cannot carry."""
        require_plain(self)


class HealthEvent(Message, frozen=True, kw_only=True, tag="health"):
    """The heartbeat, once a second: who is alive, and the last sequence number of every stream."""

    uptime: Annotated[float, Meta(description="seconds since the node started")]
    version: Annotated[str, Meta(description="version of Glimpse")]
    people: Annotated[int, Meta(description="people in the gallery searched")]
    latency_p50: Annotated[float | None, Meta(description="seconds from frame to event since the last beat, median")]
    latency_p99: Annotated[float | None, Meta(description="the same, 99th percentile")]
    cameras: Annotated[dict[str, CameraHealth], Meta(description="camera name to how it fares")]
    last_seq: Annotated[dict[str, int], Meta(description="topic to the last seq published on it")]
    load: Annotated[NodeLoad | None, Meta(description="what the node has spent; null from older nodes")] = None
    gallery: Annotated[
        GalleryHealth | None, Meta(description="how new the copy of a gallery in PostgreSQL is; null for a file")
    ] = None
    clock: Annotated[
        NodeClock | None, Meta(description="what the system knows of its clock; null where it tells nothing")
    ] = None
    selfcheck: Annotated[
        SelfCheckHealth | None, Meta(description="the last self-check; null where `selfcheck.file` has none")
    ] = None


class SampleEvent(Message, frozen=True, kw_only=True, tag="sample"):
    """What a track looks like, only with `events.samples`: when it ends, and when its template is clearly better."""

    media_time: Annotated[float, Meta(description="seconds on the stream's own clock")]
    track: Annotated[int, Meta(description="number of the track")]
    final: Annotated[bool, Meta(description="true for the last sample, at the end of the track")]
    model_id: Annotated[str, Meta(description="embedding space of the template; others cannot be compared with it")]
    template: Annotated[bytes, Meta(description="pooled unit vector, float16, little-endian; base64")]
    looks: Annotated[float, Meta(description="how many times the weight of the best crop the template rests on")]
    effective: Annotated[float, Meta(description="independent looks")]
    weight: Annotated[float, Meta(description="of all crops in the template together; more is better")]
    pooled_px: Annotated[float, Meta(description="mean face height of those crops by weight, pixels")]
    crop: Annotated[bytes, Meta(description="best crop, aligned, as JPEG of at most 16 KiB; base64")]
    crop_px: Annotated[float, Meta(description="face height in the picture that the crop was cut from, pixels")]
    evidence: Annotated[Evidence | None, Meta(description="who the track is so far")]
    agreement: Annotated[
        float | None, Meta(description="cosine of the templates of its earlier and its later crops; null: too few")
    ] = None


class PersonAction(StrEnum):
    """What the history found out, or was told, of a track, or of a person."""

    GROUPED = "grouped"
    MOVED = "moved"
    RECOGNISED = "recognised"
    CORRECTED = "corrected"
    RENAMED = "renamed"
    MERGED = "merged"
    SEPARATED = "separated"


class PersonEvent(Message, frozen=True, kw_only=True, tag="person"):
    """The history put a track with an unknown or an enrolled person, or an operator did. `node` is that history.

    `grouped`: into its first group. `moved`: to another one, or out of all because it got a name. `renamed`:
    `previous_person` is called `person` now. `merged`: `previous_person` is one with `person` now, under that name.
    `separated`: that was taken back, and `person` is somebody else than `previous_person` again; tracks follow with
    `corrected`. These three are about no track. Published at `history.bind`, at least once; `wall_time` is that of the
    change.
    """

    of_node: Annotated[str, Meta(description="the node that saw the track; empty without one")]
    of_epoch: Annotated[str, Meta(description="the run that saw it; empty without a track")]
    track: Annotated[int | None, Meta(description="number of the track; null where it is about no track")]
    action: Annotated[
        PersonAction,
        Meta(description="grouped, moved, recognised, corrected, renamed, merged or separated"),
    ]
    group: Annotated[str | None, Meta(description="the unknown person, such as unknown-17; null: none")]
    previous_group: Annotated[str | None, Meta(description="the unknown person before; null: none")] = None
    person: Annotated[str | None, Meta(description="the enrolled person, as history or operator say; null: none")]
    previous_person: Annotated[
        str | None, Meta(description="the name before, or the other person of two; null: about a track")
    ] = None
    tracks: Annotated[int, Meta(description="tracks of this unknown person so far")] = 0
    chance: Annotated[
        float | None, Meta(description="chance that a stranger's track would be put there too; null where told or new")
    ] = None
    first_seen: Annotated[float | None, Meta(description="Unix seconds when the person was first seen")] = None


class AlertAction(StrEnum):
    """What became of an alert."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    ENDED = "ended"


class AlertEvent(Message, frozen=True, kw_only=True, tag="alert"):
    """A rule has something to tell, or somebody has seen to it. `node` is the process of the alerts."""

    alert: Annotated[str, Meta(description="identifies the alert: the same in all its events")]
    action: Annotated[AlertAction, Meta(description="raised, acknowledged, escalated or ended")]
    rule: Annotated[str, Meta(description="name of the rule")]
    text: Annotated[str, Meta(description="one sentence for people: who, where, when, how sure")]
    level: Annotated[int, Meta(ge=0, description="0 when raised; one more with each escalation")] = 0
    of_node: Annotated[str, Meta(description="the node that saw it")]
    of_epoch: Annotated[str, Meta(description="the run that saw it")]
    track: Annotated[int | None, Meta(description="number of the track; null where it is about no track")]
    person: Annotated[str | None, Meta(description="the enrolled person; null: unknown or nobody")]
    group: Annotated[str | None, Meta(description="the unknown person; null: none")]
    false_alarm: Annotated[float | None, Meta(description="chance that a stranger raises it; null: not measured")]
    face_px: Annotated[float | None, Meta(description="height of the face, pixels; null: none")] = None
    by: Annotated[str | None, Meta(description="who acknowledged it; null otherwise")] = None
    crop: Annotated[bytes, Meta(description="best crop so far, JPEG; base64, empty without samples")] = b""


Event = TrackEvent | IdentityEvent | CameraEvent | HealthEvent | SampleEvent | PersonEvent | AlertEvent
KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Event))
ACTIONS = {"person": frozenset(map(str, PersonAction))}
"""Kinds that get new actions within a version, as kinds are added; receivers ignore those that they do not know."""


def topic(event: Event) -> str:
    """`v1/<kind>/<camera>/`; the slash at the end keeps a subscription to cam1 from matching cam10."""
    return topic_of(str(event.__struct_config__.tag), event.camera or event.node)


def topic_of(kind: str, camera: str) -> str:
    """The topic of one kind and camera (for health, of the node)."""
    return f"v{SCHEMA_VERSION}/{kind}/{camera}/"


def encode(event: Event) -> bytes:
    """One event as compact JSON, fields in declared order."""
    return msgspec.json.encode(event)


def decode(data: bytes | str) -> Event:
    """Read an event back; raises msgspec.ValidationError naming the field that does not fit."""
    return _DECODER.decode(data)


def is_known_topic(name: str) -> bool:
    """Whether events of this topic are of a kind that this version knows; a later version may add kinds."""
    parts = name.split("/")
    return len(parts) > 1 and parts[1] in KINDS


def is_of_later_version(data: bytes | str) -> bool:
    """Whether this is an event of a kind, or with an action, that this version does not know, rather than something
    damaged."""
    try:
        envelope = _ENVELOPES.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return envelope.kind not in KINDS or envelope.action not in ACTIONS.get(envelope.kind, {envelope.action})


class _Envelope(msgspec.Struct):
    kind: str
    node: str
    epoch: str
    camera: str
    seq: int
    action: str = ""


_ENVELOPES: msgspec.json.Decoder[_Envelope] = msgspec.json.Decoder(_Envelope)
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
