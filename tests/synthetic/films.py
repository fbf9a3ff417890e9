"""Packets of a short H.264 clip, as a camera sends them, and a recorder of films."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.film.recorder import FilmRecorder
from pipeline.film.retention import FilmLimits

FPS, KEY_EVERY = 10, 10
START = 1_700_000_000.0


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds with a key frame a second; each picture is grey by its number."""
    path = tmp_path_factory.mktemp("film") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"bf": "0", "sc_threshold": "0"})
        stream.gop_size = KEY_EVERY
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(60):
            image = np.full((64, 96, 3), 2 * number + 40, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


class Camera:
    """Hands a clip's packets to a tap, at the times of its clock."""

    def __init__(self, clip: Path) -> None:
        self.clip, self.now = clip, START

    def wall(self) -> float:
        return self.now

    def send(
        self, recorder: FilmRecorder, name: str = "door", *, packets: slice = slice(None), stays: bool = False
    ) -> None:
        tap = recorder.tap(name)
        with av.open(str(self.clip)) as container:
            stream = container.streams.video[0]
            tap.connected(stream)
            began = self.now
            for packet in [one for one in container.demux(stream) if one.size][packets]:
                if packet.pts is not None and packet.time_base is not None:
                    self.now = began + float(packet.pts * packet.time_base)
                tap.packet(packet)
            if not stays:
                tap.disconnected()


@pytest.fixture
def camera(clip: Path) -> Camera:
    return Camera(clip)


@contextmanager
def recording(folder: Path, camera: Camera, **options: Any) -> Iterator[FilmRecorder]:
    limits = options.pop("limits", FilmLimits(keep_days=0, keep_gb=0))
    usual: dict[str, Any] = {"minutes": 5.0, "wall": camera.wall}
    recorder = FilmRecorder(folder, limits, **usual | options)
    try:
        yield recorder
    finally:
        recorder.close()


def count_pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))
