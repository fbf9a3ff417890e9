"""`glimpse clip`: what it cuts, and what it refuses."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from glimpse.command.app import main
from pipeline.film.segments import segment_name
from tests.synthetic.world import write_config

START = 1_700_000_000.0
LEFT = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Ten seconds of white, a key frame a second."""
    path = tmp_path / "film" / "door" / segment_name(START, START + 10)
    path.parent.mkdir(parents=True)
    with av.open(str(path), "w", format="matroska") as container:
        stream: Any = container.add_stream("libx264", rate=10, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 96, 64, "yuv420p", 10
        for _ in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 250, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return tmp_path / "film"


def site(folder: Path, **camera: Any) -> Path:
    door = {"name": "door", "source": "rtsp://127.0.0.1:9/a"} | camera
    return write_config(folder / "site.yaml", {"cameras": [door], "film": {"folder": "film"}})


def at(seconds: float) -> str:
    return datetime.fromtimestamp(START + seconds, UTC).isoformat()


def cut(folder: Path, config: Path, *more: str) -> int:
    times = ["--camera", "door", "--since", at(2.5), "--until", at(4.05)]
    return main(["clip", str(folder / "out.mp4"), "--config", str(config), *(more or times), "--json"])


def test_a_clip_of_a_time(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cut(tmp_path, site(tmp_path)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["camera"], answer["start"] - START, round(answer["end"] - START, 1)) == ("door", 2.0, 4.0)
    with av.open(answer["clip"]) as container:
        assert sum(1 for _ in container.decode(video=0)) == 21


def test_a_paused_camera_keeps_its_masks(film: Path, tmp_path: Path) -> None:
    assert cut(tmp_path, site(tmp_path, enabled=False, masks=[LEFT])) == 0
    with av.open(str(tmp_path / "out.mp4")) as container:
        picture = np.asarray(next(container.decode(video=0)).to_ndarray(format="gray"))
    assert picture[:, :44].max() < 24
    assert picture[:, 56:].min() > 200


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (["--track", "3"], "history.file is not set"),
        (["--camera", "door"], "expected --track, or all of"),
        (["--camera", "yard", "--since", at(1), "--until", at(2)], "camera 'yard': expected one of"),
        (["--camera", "door", "--since", at(91), "--until", at(92)], "nothing of camera 'door' was recorded then"),
    ],
)
def test_what_cannot_be_cut_is_said(
    film: Path, tmp_path: Path, more: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cut(tmp_path, site(tmp_path), *more) == 2
    assert error in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


def test_a_file_that_is_there_stays(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.mp4").write_text("mine")
    assert cut(tmp_path, site(tmp_path)) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "out.mp4").read_text() == "mine"
