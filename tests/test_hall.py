"""The demo's people, and the pictures made of a run: no fringe, sizes as claimed, states in order."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.base import Detections
from detectors.load import EMBEDDED
from detectors.runtime import Runtime
from pipeline.sink import FrameResult
from pipeline.types import Frame, Track
from recognizer.base import Decision, State
from recognizer.chips import box_landmarks
from recognizer.load import load_recognizer
from tests.synthetic import demo
from tests.synthetic.hall.hero import SMALL_PX, choose_moment, paint_hero
from tests.synthetic.hall.people import Person, read_people
from tests.synthetic.hall.record import draw, named, record
from tests.synthetic.hall.room import paint_room
from tests.synthetic.hall.strip import STATES, choose_track, paint_strip, write_strip
from tests.synthetic.hall.walk import CAMERA, HallWalk
from tests.synthetic.walk import Camera


def decision(state: State) -> Decision:
    return Decision(state, None if state is State.UNKNOWN else "Kofi", 0.4, 0.44, 0.2, 9, 4.2, 14.0, ("because",), 0.01)


def moment(index: int, px: float, state: State, number: int = 3) -> FrameResult:
    box = np.array([300, 150, 300 + px, 150 + px], np.float32)
    frame = Frame("hall", index, index / 12, 0.0, 0.0, np.full((360, 640, 3), 90, np.uint8))
    track = Track("hall", number, box, 0.9, box_landmarks(box), 1.0)
    return FrameResult(frame, Detections.empty(), (track,), {number: decision(state)})


def test_everybody_who_walks_has_a_portrait_and_a_matte_over_the_face() -> None:
    people = {person.name: person for person in read_people()}
    assert set(people) == set(demo.ORDER)
    assert set(demo.STRANGERS) < set(demo.ORDER)
    for person in people.values():
        x, y = ((person.box[:2] + person.box[2:]) / 2).astype(int).tolist()
        assert person.matte[y, x] == 1
        assert 0.1 < person.matte.mean() < 0.7
        assert person.face > 70


def test_no_colour_of_the_old_background_is_left_on_the_edge() -> None:
    photo = np.zeros((120, 100, 3), np.uint8)
    photo[:] = (0, 255, 0)
    matte = np.zeros((120, 100), np.float32)
    matte[20:, 30:70] = 1
    matte = np.asarray(cv2.GaussianBlur(matte, (0, 0), 2), np.float32)
    skin = np.array([80.0, 110.0, 180.0])
    blended = photo * (1 - matte[..., None]) + skin * matte[..., None]
    person = Person("a", blended.astype(np.uint8), matte, np.array([35, 30, 65, 70], np.float32))
    edge = (matte > 0.05) & (matte < 0.95)
    assert np.abs(person.without_background()[edge] - skin).max() < 25
    assert np.abs(blended[edge] - skin).max() > 100


def test_a_portrait_without_opacity_or_face_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.webp"), np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(ValueError, match="expected a portrait with opacity"):
        read_people(tmp_path)
    cv2.imwrite(str(tmp_path / "a.webp"), np.full((64, 64, 4), 200, np.uint8))
    with pytest.raises(ValueError, match="expected a face, found none"):
        read_people(tmp_path)


def test_the_hall_has_no_hole() -> None:
    room = paint_room(Camera(width=160, height=90, view=35.0, above=0.4, horizon=0.38))
    assert room.shape == (90, 160, 3)
    assert room.min() > 10
    assert room.max() < 256


def test_the_magnified_face_is_small_named_and_in_a_full_frame() -> None:
    run = [moment(0, 14, State.CANDIDATE), moment(1, 17, State.NAMED), moment(2, 30, State.NAMED)]
    chosen, track, _ = choose_moment(run)
    assert (chosen.frame.index, track.face_px) == (1, 17)
    with pytest.raises(ValueError, match=f"nobody was named at {SMALL_PX:g} px"):
        choose_moment([run[0], run[2]])


def test_the_strip_shows_a_track_that_went_through_all_states() -> None:
    run = [moment(index, 11 + index, state) for index, state in enumerate(STATES)]
    assert choose_track(run) == (3, "Kofi")
    with pytest.raises(ValueError, match="nobody went from unknown"):
        choose_track(run[1:])


def test_the_strip_is_an_animation_of_every_second_frame(tmp_path: Path) -> None:
    run = [moment(index, 12 + index, STATES[index // 4]) for index in range(12)]
    kofi = next(person for person in read_people() if person.name == "Kofi")
    pictures = paint_strip(run, {"Kofi": kofi}, load_recognizer(EMBEDDED, runtime=Runtime()))
    write_strip(tmp_path / "strip.webp", pictures, fps=CAMERA.fps)
    read, animation = cv2.imreadanimation(str(tmp_path / "strip.webp"))
    assert read
    assert [frame.shape for frame in animation.frames] == [(270, 800, 4)] * 6
    assert list(animation.durations) == [167] * 5 + [2500]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_somebody_who_walks_up_is_named_at_the_size_that_the_readme_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real detector and recogniser, on one person of the demo; the picture is made of that run."""
    monkeypatch.setattr(demo, "OUT", tmp_path)
    (kofi,) = (person for person in demo.cast() if person.name == "Kofi")
    gallery = tmp_path / "people.db"
    assert demo.enrol([kofi], ("--gallery", str(gallery), "--detector", EMBEDDED, "--recognizer", EMBEDDED)) == 0
    run = record(demo.film(HallWalk([kofi]), tmp_path / "hall.mp4"), gallery)
    first = next(pair for result in run for pair in named(result))
    assert first[0].face_px < SMALL_PX
    assert {decision.person for result in run for _, decision in named(result)} == {"Kofi"}
    recognizer = load_recognizer(EMBEDDED, runtime=Runtime())
    hero = paint_hero(run, {"Kofi": kofi}, recognizer)
    assert hero.shape == (2 * CAMERA.height, 2 * CAMERA.width, 3)
    assert (hero != draw(choose_moment(run)[0], 2, text_px=21)).any()
