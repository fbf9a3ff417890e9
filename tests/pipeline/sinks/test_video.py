"""The annotated video: timestamps, odd sizes, changes of size, file names, and a killed run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.sinks.video import VideoSink
from pipeline.types import Frame


def view(index: int, time: float, *, size: tuple[int, int] = (48, 64), camera: str = "cam") -> FrameResult:
    image = np.full((*size, 3), 40, np.uint8)
    image[:, : 1 + index % size[1]] = 200
    return FrameResult(Frame(camera, index, time, 0.0, 0.0, image), Detections.empty(), (), {})


def read(path: Path) -> tuple[list[float], tuple[int, int], str]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [float(frame.pts * frame.time_base) for frame in container.decode(stream)]
        return times, (stream.height, stream.width), f"{stream.codec_context.name} {stream.format.name}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_irregular_timestamps_are_kept(tmp_path: Path) -> None:
    times = [3.0, 3.04, 3.08, 3.5, 3.51, 9.75]
    sink = VideoSink(tmp_path / "out.mp4", cameras=["cam"])
    for index, time in enumerate(times):
        sink.on_frame(view(index, time))
    sink.close()
    sink.close()
    got, size, codec = read(tmp_path / "out.mp4")
    assert got == pytest.approx([time - 3.0 for time in times], abs=1e-4)
    assert (size, codec) == ((48, 64), "h264 yuv420p")
    assert names(tmp_path) == ["out.mp4"]
    data = (tmp_path / "out.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


@pytest.mark.parametrize("size", [(47, 63), (48, 63), (1, 1), (33, 34)])
def test_odd_sizes_are_padded(tmp_path: Path, size: tuple[int, int]) -> None:
    sink = VideoSink(tmp_path / "out.mp4", cameras=["cam"])
    for index in range(3):
        sink.on_frame(view(index, index / 10, size=size))
    sink.close()
    times, shape, _ = read(tmp_path / "out.mp4")
    assert len(times) == 3
    assert shape == tuple(side + side % 2 for side in size)


def test_colours_keep_their_order(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[...] = (200, 60, 20)
    sink = VideoSink(tmp_path / "out.mp4", cameras=["cam"])
    sink.on_frame(FrameResult(Frame("cam", 0, 0.0, 0.0, 0.0, image), Detections.empty(), (), {}))
    sink.close()
    with av.open(str(tmp_path / "out.mp4")) as container:
        got = next(container.decode(video=0)).to_ndarray(format="bgr24")
    assert np.abs(got[:32].astype(int).mean(axis=(0, 1)) - (200, 60, 20)).max() < 12


def test_a_change_of_size_or_a_jump_back_starts_a_new_file(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "out.mp4", cameras=["cam"])
    for index, (time, size) in enumerate([(0, (48, 64)), (1, (48, 64)), (2, (96, 64)), (3, (96, 64)), (0.5, (96, 64))]):
        sink.on_frame(view(index, time, size=size))
    sink.close()
    assert names(tmp_path) == ["out-2.mp4", "out-3.mp4", "out.mp4"]
    assert [len(read(tmp_path / name)[0]) for name in ("out.mp4", "out-2.mp4", "out-3.mp4")] == [2, 2, 1]
    assert read(tmp_path / "out-2.mp4")[1] == (96, 64)


def test_each_camera_has_its_own_file(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "videos" / "out.mp4", cameras=["a", "b"])
    for index in range(4):
        sink.on_frame(view(index, index / 10, camera="ab"[index % 2]))
    sink.close()
    assert names(tmp_path / "videos") == ["out-a.mp4", "out-b.mp4"]


def test_a_second_file_does_not_take_another_cameras_name(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "out.mp4", cameras=["door", "door-2"])
    sink.on_frame(view(0, 0.0, camera="door-2"))
    for index, size in enumerate([(48, 64), (96, 64), (48, 64)]):
        sink.on_frame(view(index, float(index), camera="door", size=size))
    sink.close()
    assert names(tmp_path) == ["out-door-2.mp4", "out-door-3.mp4", "out-door-4.mp4", "out-door.mp4"]


def test_a_file_name_that_looks_like_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sink = VideoSink(Path("10:30.mp4"), cameras=["cam"])
    sink.on_frame(view(0, 0.0))
    sink.close()
    assert names(tmp_path) == ["10:30.mp4"]


def test_without_frames_there_is_no_file(tmp_path: Path) -> None:
    VideoSink(tmp_path / "out.mp4", cameras=["cam"]).close()
    assert names(tmp_path) == []


CHILD = """
import sys
from pathlib import Path
import numpy as np
from detectors.base import Detections
from pipeline.sink import FrameResult
from pipeline.types import Frame
from pipeline.sinks.video import VideoSink
sink = VideoSink(Path(sys.argv[1]), cameras=["cam"])
noise = np.random.default_rng(0)
for index in range(160):
    image = noise.integers(0, 255, (48, 64, 3), np.uint8)
    sink.on_frame(FrameResult(Frame("cam", index, index / 25, 0.0, 0.0, image), Detections.empty(), (), {}))
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.mark.slow
def test_a_killed_run_leaves_a_playable_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "out.mp4")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        os.kill(child.pid, signal.SIGKILL)
    assert names(tmp_path) == ["out.part.mp4"]
    times, _, _ = read(tmp_path / "out.part.mp4")
    assert len(times) >= 100
    assert times[:3] == pytest.approx([0.0, 0.04, 0.08], abs=1e-4)


def test_a_moment_is_found_in_the_film_that_shows_it(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "film.mp4", cameras=["cam"])
    assert sink.find("cam", wall_time=0.0, media_time=0.0) is None
    small, large = np.zeros((48, 64, 3), np.uint8), np.zeros((96, 128, 3), np.uint8)
    for index, image in enumerate([small, small, large, large]):
        time = 60.0 + index
        frame = Frame("cam", index, time, 1000 + time, 0.0, image)
        sink.on_frame(FrameResult(frame, Detections.empty(), (), {}))
    sink.close()
    assert sink.find("cam", wall_time=1061.0, media_time=60.5) == (tmp_path / "film.mp4", 0.5)
    assert sink.find("cam", wall_time=1063.0, media_time=63.0) == (tmp_path / "film-2.mp4", 1.0)
