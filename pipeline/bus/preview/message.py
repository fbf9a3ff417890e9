"""What travels on the socket of previews: a topic, a header as JSON, and a JPEG file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.events import SCHEMA_VERSION, topic_of

KIND = "preview"
ALL_PREVIEWS = f"v{SCHEMA_VERSION}/{KIND}/"


class PreviewHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What the picture shows."""

    v: Annotated[int, Meta(description="version of this format")] = SCHEMA_VERSION
    node: Annotated[str, Meta(description="name of the Glimpse process that saw it")]
    epoch: Annotated[str, Meta(description="identifies one run of that node, as in events")]
    camera: Annotated[str, Meta(description="camera name")]
    seq: Annotated[int, Meta(ge=0, description="counts the previews of this camera that were made, from 0")]
    wall_time: Annotated[float, Meta(description="Unix seconds when the frame arrived")]
    media_time: Annotated[float, Meta(description="seconds on the stream's own clock, as in events")]
    width: Annotated[int, Meta(ge=1, description="frame width, pixels: boxes of events are in these")]
    height: Annotated[int, Meta(ge=1, description="frame height, pixels")]


@dataclass(frozen=True, slots=True)
class Preview:
    """One preview. jpeg: a JPEG file; its picture may be smaller than the frame."""

    header: PreviewHeader
    jpeg: bytes = field(repr=False)


def preview_topic(camera: str) -> str:
    """`v1/preview/<camera>/`."""
    return topic_of(KIND, camera)


def pack(preview: Preview) -> list[bytes]:
    """The parts of a message."""
    return [preview_topic(preview.header.camera).encode(), msgspec.json.encode(preview.header), preview.jpeg]


def unpack(parts: Sequence[bytes]) -> Preview:
    """Read a message. Raises ValueError for anything else (msgspec.ValidationError is one)."""
    if len(parts) != 3:
        raise ValueError(f"preview: expected topic, header and picture, got {len(parts)} parts")
    return Preview(_HEADERS.decode(parts[1]), parts[2])


_HEADERS: msgspec.json.Decoder[PreviewHeader] = msgspec.json.Decoder(PreviewHeader)
