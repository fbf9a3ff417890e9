"""The annotated video: H.264 with the recording's own timestamps.

While it is written it is a fragmented `NAME.part.mp4`, so that even a killed run leaves a playable file. On close the
packets are copied, without encoding, into a `NAME.mp4` with its index in front, which a browser can play at once. A
change of frame size or a timestamp that jumps back starts a new file (`NAME-2.mp4`), because players support neither.
"""

import errno
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import cv2
from av.video.stream import VideoStream

from detectors.arrays import Image
from pipeline.events import Event
from pipeline.secrets.private_files import make_private_file, make_private_folder
from pipeline.sink import FrameResult
from pipeline.sinks.annotate import annotate

_ENCODERS = ("libx264", "libopenh264", "mpeg4")
_TICKS_PER_SECOND = 90_000
_KEYFRAME_INTERVAL = 50
# veryfast and a short look-ahead limit the CPU load and the number of buffered 4K frames; B-frames would shift the
# start of a fragmented file.
_OPTIONS = {"libx264": {"preset": "veryfast", "crf": "23", "x264-params": "rc-lookahead=10:sync-lookahead=0:bframes=0"}}


@dataclass(frozen=True, slots=True)
class FilmStart:
    """A film of one camera, and the time of its first frame."""

    path: Path
    wall_time: float
    media_time: float


class VideoSink:
    """A sink that writes an annotated video per camera: `path` for one camera, `STEM-CAMERA.mp4` beside it for several.

    Raises ValueError for a name that does not end in .mp4 and OSError if the folder cannot be written.
    """

    def __init__(self, path: Path, *, cameras: Sequence[str]) -> None:
        if path.suffix.lower() != ".mp4":
            raise ValueError(f"video {path}: expected a name that ends in .mp4")
        # Absolute, because FFmpeg takes whatever precedes a colon (`10:30.mp4`) for a protocol.
        self._path = path.absolute()
        self._only_camera = cameras[0] if len(cameras) == 1 else None
        self._writers: dict[str, VideoWriter] = {}
        self._films: dict[str, list[FilmStart]] = {}
        # Reserve the first name of every camera: the second video of `door` must not take the name of `door-2`.
        self._used_stems = {self._stem(camera) for camera in cameras}
        make_private_folder(path.parent)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "cannot write a video here", str(path.parent))

    def on_event(self, event: Event) -> None:
        """Do nothing: the image shows tracks and decisions."""

    def on_frame(self, result: FrameResult) -> None:
        """Annotate and encode a frame."""
        camera, image, time = result.frame.camera, result.frame.image, result.frame.media_time
        writer = self._writers.get(camera)
        if writer is None or not writer.accepts(image, time):
            if writer is not None:
                writer.close()
            path = self._next_path(camera)
            self._films.setdefault(camera, []).append(FilmStart(path, result.frame.wall_time, time))
            writer = self._writers[camera] = VideoWriter(path, image, time)
        writer.write(annotate(image, result), time)

    def find(self, camera: str, *, wall_time: float, media_time: float) -> tuple[Path, float] | None:
        """The film that shows a camera at a media time, and where in it, in seconds; None before its first frame.

        wall_time: Unix seconds by which that film had begun; after a reconnection media times repeat.
        """
        films = [film for film in self._films.get(camera, ()) if film.wall_time <= wall_time]
        return (films[-1].path, max(0.0, media_time - films[-1].media_time)) if films else None

    def close(self) -> None:
        """Finish every video; may be called twice."""
        with ExitStack() as stack:  # a video that cannot be finished must not keep the others from it
            for writer in self._writers.values():
                stack.callback(writer.close)
            self._writers.clear()

    def _next_path(self, camera: str) -> Path:
        stem = self._stem(camera)
        if camera in self._writers:
            stem = next(name for n in count(2) if (name := f"{stem}-{n}") not in self._used_stems)
            self._used_stems.add(stem)
        return self._path.with_name(f"{stem}.mp4")

    def _stem(self, camera: str) -> str:
        return self._path.stem if camera == self._only_camera else f"{self._path.stem}-{camera}"


class VideoWriter:
    """An H.264 file with frames of one size.

    H.264 with subsampled colours needs even sides, so an odd side is padded by repeating its last row or column.
    """

    def __init__(self, path: Path, image: Image, start: float, *, comment: str = "") -> None:
        """start: time of the first frame, seconds.  comment: the tag of that name."""
        self._path, self._comment = path, comment
        self._part = path.with_suffix(".part.mp4")
        self._shape = image.shape
        self._start = start
        self._last_pts = -1
        flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        make_private_file(self._part)
        self._container = av.open(str(self._part), "w", format="mp4", options=flags)
        self._stream = _add_stream(self._container, image)
        self._closed = False

    def accepts(self, image: Image, time: float) -> bool:
        """Return whether a frame of this size and media time (seconds) can be added to this file."""
        return image.shape == self._shape and self._pts(time) > self._last_pts

    def write(self, image: Image, time: float) -> None:
        """Encode a BGR uint8 (H,W,3) image with its media time in seconds."""
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        self._last_pts = max(self._last_pts + 1, self._pts(time))
        frame.pts, frame.time_base = self._last_pts, Fraction(1, _TICKS_PER_SECOND)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Flush the encoder and write the final file; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._container.mux(self._stream.encode(None))
        self._container.close()
        _remux(self._part, self._path, self._comment)
        self._part.unlink()

    def _pts(self, time: float) -> int:
        return round((time - self._start) * _TICKS_PER_SECOND)


def _add_stream(container: av.container.OutputContainer, image: Image) -> VideoStream:
    encoder = next(name for name in _ENCODERS if _has_encoder(name))
    stream = container.add_stream(encoder, rate=25, options=_OPTIONS.get(encoder, {}))
    if not isinstance(stream, VideoStream):
        raise TypeError(f"encoder {encoder}: expected a video stream, got {type(stream).__name__}")
    stream.height, stream.width = (side + side % 2 for side in image.shape[:2])
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, _TICKS_PER_SECOND)
    context.gop_size = _KEYFRAME_INTERVAL
    context.thread_count = 1
    return stream


def _has_encoder(name: str) -> bool:
    try:
        av.Codec(name, "w")
    except ValueError:
        return False
    return True


def _remux(source: Path, target: Path, comment: str) -> None:
    """Copy the packets into a file with its index in front; `target` appears only once it is complete."""
    unfinished = target.with_suffix(".new.mp4")
    make_private_file(unfinished)
    with (
        av.open(str(source)) as reader,
        av.open(str(unfinished), "w", format="mp4", options={"movflags": "faststart"}) as writer,
    ):
        if comment:
            writer.metadata["comment"] = comment
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for packet in reader.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                writer.mux(packet)
    unfinished.replace(target)
