"""The tests' own footage must be what it says, or tests on it prove nothing."""

from pathlib import Path

import av
import numpy as np

from tests.synthetic.video import number_of, numbered, walk_clip, write_clip


def read(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def test_numbers_survive_the_codec(tmp_path: Path) -> None:
    frames = numbered(256)
    assert [number_of(frame) for frame in frames] == list(range(256))
    assert [number_of(frame) for frame in read(write_clip(tmp_path / "n.mp4", frames))] == list(range(256))


def test_people_are_where_the_truth_says(tmp_path: Path) -> None:
    truth = walk_clip(tmp_path / "walk.mp4", people=3, seconds=2, fps=10, size=(320, 240), face_px=(12, 40))
    images = read(tmp_path / "walk.mp4")
    assert len(images) == len(truth.boxes) == 20
    empty = np.median([images[0], images[9], images[19]], axis=0)
    for image, boxes in ((images[0], truth.boxes[0]), (images[19], truth.boxes[19])):
        changed = np.abs(image.astype(float) - empty).max(axis=2) > 40
        inside = np.zeros_like(changed)
        for x1, y1, x2, y2 in boxes.values():
            assert 0 <= x1 < x2 <= 320
            assert 0 <= y1 < y2 <= 240
            inside[int(y1) - 3 : int(y2) + 4, int(x1) - 3 : int(x2) + 4] = True
            assert changed[int(y1) : int(y2), int(x1) : int(x2)].mean() > 0.2
        assert not changed[~inside].any()
    heights = [box[3] - box[1] for boxes in (truth.boxes[0], truth.boxes[19]) for box in boxes.values()]
    assert np.allclose(heights, [12] * 3 + [40] * 3)
