"""Made nights: what a history would have kept of filmed faces."""

import cv2
import numpy as np
import pytest

from detectors.arrays import Chips, Float32
from glimpse.selfcheck.made_site import SECONDS_APART, film_site, seen_track
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.base import Readings
from recognizer.evidence import Sample
from recognizer.filmed import FACES, FPS, GROWTH, Camera, Conditions, FilmedFace
from recognizer.lengths import LengthBand
from recognizer.spec import ChipSpec, arcface_landmarks

BANDS = (LengthBand(px=16.0, least=0.5, typical=1.0),)
CAMERA = Camera(conditions=Conditions(0.6, 2.0, 25))


class Colours:
    """Reads a chip as the direction of its mean colour."""

    model_id, dim, weights = "m", 3, ""

    def spec_for(self, face_px: float) -> ChipSpec:
        return ChipSpec(size=16, landmarks=arcface_landmarks(16))

    def embed(self, chips: Chips) -> Float32:
        return self.read(chips).vectors

    def read(self, chips: Chips) -> Readings:
        means = chips.reshape(len(chips), -1, 3).mean(1) + 1
        return Readings((means / np.linalg.norm(means, axis=1)[:, None]).astype(np.float32), np.ones(len(chips), "f4"))


def film(count: int, *, seed: int = 1) -> list[list[SeenTrack]]:
    """Faces that alternate between a blue and a red plane."""
    pictures = [np.full((112, 112, 3), (200, 20, 20) if row % 2 else (20, 20, 200), np.uint8) for row in range(count)]
    return list(film_site(Colours(), pictures, 12.0, BANDS, seed=seed, camera=CAMERA, name="yard"))


@pytest.fixture(scope="module")
def films() -> list[list[SeenTrack]]:
    return film(FACES + 1)


def test_a_film_has_so_many_faces_and_the_rest_are_in_the_next(films: list[list[SeenTrack]]) -> None:
    assert [len(tracks) for tracks in films] == [FACES, 1]
    assert {(track.first, track.camera) for tracks in films for track in tracks} == {
        (0.0, "yard"),
        (SECONDS_APART, "yard"),
    }
    assert films[1][0].last == pytest.approx(SECONDS_APART + len(GROWTH) / FPS)


def test_a_track_shows_its_own_picture(films: list[list[SeenTrack]]) -> None:
    for row, track in enumerate(films[0][:4]):
        assert track.crop is not None
        assert track.template is not None
        blue, _, red = track.crop.reshape(-1, 3).mean(0)
        assert (blue > red, track.template[0] > track.template[2]) == (bool(row % 2), bool(row % 2))
        assert track.px == pytest.approx(12.0, rel=0.3)


def test_a_seed_gives_the_same_night_again() -> None:
    first, again, other = ([track.crop for track in film(2, seed=seed)[0]] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first[0], again[0])  # type: ignore[arg-type]
    assert not np.array_equal(first[0], other[0])  # type: ignore[arg-type]


def test_nobody_gives_no_film() -> None:
    assert film(0) == []


def test_the_crop_is_that_of_the_heaviest_look_and_the_template_of_halves() -> None:
    vector = np.float32([0.6, 0.8])
    looks = [Sample(vector, weight, 10.0 + row, row / FPS) for row, weight in enumerate((0.2, 0.9, 0.4))]
    chips = [np.full((16, 16, 3), grey, np.uint8) for grey in (10, 100, 200)]
    track = seen_track(FilmedFace(looks, chips), "door", 5.0)
    assert (track.crop_px, track.first) == (11.0, 5.0)
    assert track.crop is not None
    assert cv2.mean(track.crop)[0] == pytest.approx(100, abs=1)
    np.testing.assert_array_equal(track.template, np.float16([0.6, 0.8]).astype(np.float32))
