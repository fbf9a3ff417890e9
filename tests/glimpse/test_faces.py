"""Faces of one picture."""

import pickle
import threading

import numpy as np
import pytest
from PIL import Image

import glimpse
from glimpse.faces import one_face
from glimpse.models import shipped_models
from pipeline.tracks.crops import cut_crop, embed_with
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from tests.synthetic.portraits import FACES, group, nothing, portrait


@pytest.mark.parametrize("side", [40, 112, 256, 672, 2000])
def test_a_portrait_of_any_size_holds_one_face(side: int) -> None:
    faces = glimpse.find(portrait("Ada", side))
    assert len(faces) == 1
    (face,) = faces
    x0, y0, x1, y1 = face.box
    assert 0.2 < x0 / side < x1 / side < 0.8
    assert face.px == pytest.approx(y1 - y0, abs=0.2)
    assert 0.35 < face.px / side < 0.5
    assert face.landmarks is not None
    assert face.landmarks.shape == (5, 2)
    assert face.chip.shape == (112, 112, 3)
    assert face.vector.shape == (shipped_models().recognizer.dim,)
    assert face.length > 0


def test_faces_come_the_largest_first_and_a_picture_without_any_gives_none() -> None:
    both = np.full((256, 384, 3), 100, np.uint8)
    both[:128, :128], both[:, 128:] = portrait("Ben", 128), portrait("Ada", 256)
    assert [face.box[0] > 128 for face in glimpse.find(both)] == [True, False]
    assert glimpse.find(nothing()) == []
    assert glimpse.find(np.zeros((1, 1, 3), np.uint8)) == []


def test_small_and_unlikely_faces_can_be_left_out() -> None:
    assert glimpse.find(portrait("Ada", 64), min_px=40) == []
    assert glimpse.find(portrait("Ada", 64), min_score=0.999) == []


def test_a_face_that_fills_the_picture_is_found() -> None:
    picture = portrait("Ada")
    x0, y0, x1, y1 = (int(value) for value in glimpse.find(picture)[0].box)
    assert len(glimpse.find(picture[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4])) == 1


@pytest.mark.parametrize("turns", [1, 3])
def test_a_picture_on_its_side_is_understood_in_its_own_pixels(turns: int) -> None:
    upright = np.full((256, 400, 3), 100, np.uint8)
    upright[:, 100:356] = portrait("Ada")
    own = glimpse.find(upright)[0]
    (face,) = glimpse.find(np.rot90(upright, turns))
    assert face.vector @ own.vector > 0.95
    assert face.px == pytest.approx(own.px, abs=1)
    assert face.landmarks is not None
    assert own.landmarks is not None
    height, width = upright.shape[:2]
    x, y = own.landmarks.T
    expected = (y, width - x) if turns == 1 else (height - y, x)
    np.testing.assert_allclose(face.landmarks, np.stack(expected, axis=1), atol=2)
    x0, y0, x1, y1 = face.box
    assert x0 < face.landmarks[:, 0].min() < face.landmarks[:, 0].max() < x1
    assert y0 < face.landmarks[:, 1].min() < face.landmarks[:, 1].max() < y1


def test_a_face_is_read_as_the_pipeline_reads_the_crop_of_a_track() -> None:
    models, picture = shipped_models(), portrait("Ada", 60)
    face = glimpse.find(picture)[0]
    found = models.detector.detect(picture)
    assert found.landmarks is not None
    track = Track("cam", 1, found.boxes[0], float(found.scores[0]), found.landmarks[0], 0.0)
    frame = Frame("cam", 0, 0.0, 0.0, 0.0, picture)
    crop = cut_crop(TrackState(track, frame), picture, models.recognizer.inner)
    assert crop
    readings = embed_with(models.recognizer.inner)([crop])
    np.testing.assert_array_equal(face.vector, readings.vectors[0])
    assert face.length == readings.lengths[0]
    np.testing.assert_array_equal(face.chips[len(crop.chip)], crop.chip)


def test_a_colour_picture_in_grey_and_with_opacity_holds_the_same_face() -> None:
    colour = Image.open(FACES / "Ada.jpg")
    own = glimpse.find(colour)[0]
    for other in (colour.convert("L"), colour.convert("RGBA"), np.asarray(colour)[..., ::-1]):
        (face,) = glimpse.find(other)
        assert face.vector @ own.vector > 0.8
        np.testing.assert_allclose(face.box, own.box, atol=8)


def test_one_face_means_one_that_is_much_larger_than_the_others() -> None:
    models = shipped_models()
    with pytest.raises(glimpse.PictureError, match="expected one face, found none"):
        one_face(nothing(), models)
    with pytest.raises(glimpse.PictureError, match=r"found 2 faces .* give one of glimpse\.find"):
        one_face(group("Ada", "Ben"), models)
    small = np.full((256, 320, 3), 100, np.uint8)
    small[:, :256], small[:64, 256:] = portrait("Ada"), portrait("Ben", 64)
    assert one_face(small, models).box[0] < 200
    face = glimpse.find(portrait("Ada"))[0]
    assert one_face(face, models) is face


def test_faces_can_be_stored_and_shown() -> None:
    face = glimpse.find(portrait("Ada"))[0]
    again = pickle.loads(pickle.dumps(face))
    np.testing.assert_array_equal(again.vector, face.vector)
    assert len(repr(face)) < 200


def test_threads_may_search_at_the_same_time() -> None:
    pictures = [portrait(name) for name in ("Ada", "Ben", "Cleo")]
    alone = [glimpse.find(picture)[0].box for picture in pictures]
    found: dict[int, object] = {}

    def search(number: int) -> None:
        found[number] = glimpse.find(pictures[number])[0].box

    threads = [threading.Thread(target=search, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(3)] == alone
