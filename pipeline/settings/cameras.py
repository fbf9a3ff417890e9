"""Settings of cameras: those of each, and what holds for all that say nothing else."""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import Flag, SourcePath, Unit
from pipeline.settings.region import Polygon, Roi, parse_roi
from pipeline.settings.section import FlagGroup, Seconds, Section

RedirectHost = Annotated[str, Meta(pattern=r"^([\w.-]+|\[[\w:.%-]+\])$(?!\n)")]
ZoneName = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,64}$(?!\n)")]


class CameraDefaults(Section, frozen=True, kw_only=True):
    """Settings of all cameras; each camera may override them."""

    fps: Annotated[
        float,
        Meta(ge=0, le=240, description="process at most this many frames of each source; 0: all"),
        Unit("1/s"),
        Flag("--fps", FlagGroup.FRAMES, "N"),
    ] = 0.0
    stride: Annotated[
        int,
        Meta(ge=1, le=1000, description="process every N-th frame"),
        Flag("--stride", FlagGroup.FRAMES, "N"),
    ] = 1
    min_face_px: Annotated[
        float,
        Meta(ge=1, le=2000, description="smallest height of a face that is tracked and compared"),
        Unit("px"),
        Flag("--min-face-px", FlagGroup.FRAMES),
    ] = 10.0
    roi: Annotated[
        Roi,
        Meta(
            description="polygon of x and y in fractions of the frame; faces with their centre outside are ignored; as "
            "a flag also a rectangle, x1,y1,x2,y2"
        ),
        Flag("--roi", FlagGroup.FRAMES, "X,Y,...", parse=parse_roi),
    ] = ()
    start: Annotated[
        Seconds,
        Meta(ge=0, description="recordings: skip to this second"),
        Flag("--start", FlagGroup.FRAMES),
    ] = 0.0
    end: Annotated[
        Seconds,
        Meta(ge=0, description="recordings: stop at this second; 0: at the end"),
        Flag("--end", FlagGroup.FRAMES),
    ] = 0.0
    stall_seconds: Annotated[
        Seconds, Meta(gt=0, le=600, description="live cameras: time without a packet after which the camera is stalled")
    ] = 5.0
    connect_seconds: Annotated[
        Seconds, Meta(gt=0, le=600, description="live cameras: time limit of one attempt to connect")
    ] = 10.0
    decode: Annotated[
        Literal["software", "auto", "cuda", "vaapi", "qsv", "videotoolbox", "d3d11va", "amf"],
        Meta(
            description="live cameras: what decodes the video; auto: a video card where one works, otherwise software"
        ),
        Flag("--decode", FlagGroup.FRAMES),
    ] = "software"
    key_frame_seconds: Annotated[
        Seconds,
        Meta(
            gt=0,
            le=3600,
            description="live cameras: how long packets may come without a picture, as they do before a key frame",
        ),
    ] = 90.0
    aspect: Annotated[
        str,
        Meta(
            pattern=r"^([1-9][0-9]{0,4}:[1-9][0-9]{0,4})?$(?!\n)",
            description="width:height that the stored picture is shown with, such as 16:9, for recorders that do not "
            "state it; empty: as the stream states",
        ),
        Flag("--aspect", FlagGroup.FRAMES, "W:H"),
    ] = ""


class CameraSettings(CameraDefaults, frozen=True, kw_only=True):
    """One camera or recording."""

    source: Annotated[SourcePath, Meta(min_length=1, description="URL, video file, folder, glob or webcam index")]
    enabled: Annotated[bool, Meta(description="false: this camera is paused, and nothing connects to it")] = True
    name: Annotated[
        str,
        Meta(
            pattern=r"^([^\x00-/:-@\[-\x60{-\x7f][^\x00-,/:-@\[-^\x60{-\x7f]{0,63})?$(?!\n)",
            description="name in events: letters and digits of any script, '.', '_', '-'; those beyond A to Z are "
            "published as a stable digest; empty: from the source",
        ),
    ] = ""
    sub_stream: Annotated[
        SourcePath,
        Meta(
            description="URL of the same camera's smaller stream: faces are found and followed in it, and cut from "
            "`source`; empty: `source` does both"
        ),
    ] = ""
    zones: Annotated[
        dict[ZoneName, Polygon],
        Meta(
            description="named polygons of x and y in fractions of the frame; events of a face name the zones that its "
            "centre is in"
        ),
    ] = {}  # noqa: RUF012 - msgspec copies it
    masks: Annotated[
        tuple[Polygon, ...],
        Meta(
            description="polygons that are black in every picture of this camera, before anybody looks at it; no face "
            "is found there"
        ),
    ] = ()
    network: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]{0,60}[A-Za-z0-9])?$(?!\n)",
            description="network that this camera is in; in a cluster, only nodes with this label run it "
            "(docs/scaling.md); empty: any node",
        ),
    ] = ""
    allow_redirect_hosts: Annotated[
        tuple[RedirectHost, ...],
        Meta(description="live cameras: hosts that the camera may redirect to, beside its own; they get the password"),
    ] = ()
