"""Clips: from the key frame before, over files, with masks."""

import stat
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.film.clip import cut_clip, read_origin
from pipeline.settings.types import Polygon
from tests.synthetic.films import START, Camera, recording


def greys(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [
            int(np.asarray(frame.to_ndarray(format="gray"))[2:-2, 60:].mean()) for frame in container.decode(video=0)
        ]


@pytest.fixture
def film(tmp_path: Path, camera: Camera) -> Path:
    folder = tmp_path / "film"
    with recording(folder, camera, minutes=1.5 / 60) as recorder:
        camera.send(recorder)
    return folder


def test_a_clip_begins_with_the_key_frame_before_and_goes_over_files(film: Path, tmp_path: Path) -> None:
    clip = cut_clip(film, "door", START + 1.25, START + 3.05, tmp_path / "clip.mp4")
    assert (clip.start - START, round(clip.end - START, 2)) == (1.0, 3.0)
    shown = greys(clip.path)
    assert len(shown) == 21
    assert all(later > earlier for earlier, later in pairwise(shown))
    assert stat.S_IMODE(clip.path.stat().st_mode) == 0o600
    with av.open(str(clip.path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert round(float(container.duration or 0) / 1e6, 1) == 2.1
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["clip.mp4"]


def test_masks_are_black_in_a_clip(film: Path, tmp_path: Path) -> None:
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    clip = cut_clip(film, "door", START + 1.25, START + 2.55, tmp_path / "clip.mp4", masks=(left,))
    with av.open(str(clip.path)) as container:
        pictures = [np.asarray(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]
    assert len(pictures) == 16
    assert max(int(picture[:, :44].max()) for picture in pictures) < 24
    assert min(int(picture[:, 56:].min()) for picture in pictures) > 30


@pytest.mark.parametrize("masks", [(), (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)),)], ids=["as it is", "masked"])
def test_a_clip_says_whose_it_is_and_when_it_begins(film: Path, tmp_path: Path, masks: tuple[Polygon, ...]) -> None:
    clip = cut_clip(film, "door", START + 1.25, START + 2.55, tmp_path / "clip.mp4", masks=masks)
    with av.open(str(clip.path)) as container:
        comment = container.metadata["comment"]
    assert read_origin(comment) == ("door", pytest.approx(clip.start, abs=0.001))


@pytest.mark.parametrize("comment", ["", "a holiday", "glimpse: camera door from then", "glimpse: camera  from 2026"])
def test_other_comments_say_nothing(comment: str) -> None:
    assert read_origin(comment) is None


@pytest.mark.parametrize(("start", "end", "error"), [(50, 60, "nothing of camera 'door'"), (3, 3, "start before")])
def test_nothing_is_left_where_nothing_can_be_cut(
    film: Path, tmp_path: Path, start: float, end: float, error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        cut_clip(film, "door", START + start, START + end, tmp_path / "clip.mp4")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_damaged_file_is_left_out(film: Path, tmp_path: Path) -> None:
    damaged = sorted((film / "door").iterdir())[1]
    damaged.write_bytes(b"no film")
    clip = cut_clip(film, "door", START + 1, START + 5, tmp_path / "clip.mp4")
    assert len(greys(clip.path)) == 10 + 11
