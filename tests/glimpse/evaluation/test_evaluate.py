"""People's own pictures and clips against truth: what is counted, what is left out, and which setting is advised."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from glimpse import Gallery
from glimpse.errors import GalleryError, PersonMissingError, SettingsError
from glimpse.evaluation.evaluate import Evaluation, evaluate
from glimpse.evaluation.folders import list_people
from glimpse.evaluation.trial import Result, Trial
from tests.synthetic.portraits import nothing, portrait, write_group, write_portrait_clip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Ada and Ben are enrolled from files of their own."""
    folder = tmp_path_factory.mktemp("evaluation")
    gallery = Gallery(folder / "people.db")
    for name in ("Ada", "Ben"):
        gallery.enroll(name, write_group(folder / f"{name}.png", name))
    return gallery


def truth(folder: Path, **pictures: list[int]) -> Path:
    """A folder for each person with pictures of these heights on grey ground."""
    for name, sides in pictures.items():
        (folder / name).mkdir(parents=True)
        for side in sides:
            framed = cv2.copyMakeBorder(portrait(name, side), *[60] * 4, cv2.BORDER_CONSTANT, value=(90, 90, 90))
            cv2.imwrite(str(folder / name / f"{side}.png"), framed)
    return folder


def test_faces_are_counted_by_size_and_strangers_by_person(people: Gallery, tmp_path: Path) -> None:
    strangers = truth(tmp_path / "strangers", Hedy=[150, 200], Ivan=[200])
    seen: list[str] = []
    done = evaluate(
        truth(tmp_path / "people", Ada=[60, 200], Ben=[200]), people, strangers=strangers, on_file=seen.append
    )
    assert (done.count(Result.RIGHT), done.count(Result.WRONG), len(done.of_people)) == (3, 0, 3)
    assert sum(row.right for row in done.sizes) == 3
    assert done.sizes[0].to_px == 32
    assert sum(row.strangers for row in done.sizes) == 3
    rate = done.strangers
    assert rate is not None
    assert (rate.faces, rate.people, rate.named, rate.low, rate.high) == (3, 2, 0, 0.0, 1.0)
    assert len(seen) == 6


def test_a_picture_that_is_enrolled_and_one_of_two_people_show_nothing(people: Gallery, tmp_path: Path) -> None:
    folder = truth(tmp_path / "people", Ada=[200])
    (folder / "Ada" / "enrolled.png").write_bytes((people.path.parent / "Ada.png").read_bytes())
    write_group(folder / "Ada" / "two.png", "Ada", "Hedy")
    (folder / "Ada" / "bad.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "Ada" / "empty.png"), nothing())
    done = evaluate(folder, people)
    reasons = {Path(each.source).name: each.reason for each in done.left_out}
    assert reasons["enrolled.png"] == "this very picture is enrolled"
    assert "which is Ada?" in reasons["two.png"]
    assert "not a picture" in reasons["bad.jpg"]
    assert (done.count(Result.RIGHT), done.count(Result.NOT_FOUND)) == (1, 1)
    assert done.strangers is None


def test_a_wrong_folder_is_a_wrong_name(people: Gallery, tmp_path: Path) -> None:
    (tmp_path / "people" / "Ada").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "people" / "Ada" / "x.png"), portrait("Ben", 200))
    [wrong] = evaluate(tmp_path / "people", people).wrong
    assert (wrong.person, wrong.names) == ("Ada", ("Ben",))


def test_clips_are_followed_as_a_run_follows_them(people: Gallery, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    write_portrait_clip(tmp_path / "people" / "Ada.mp4", "Ada")
    (tmp_path / "people" / "Ben.mp4").write_bytes(b"no film")
    (tmp_path / "strangers").mkdir()
    write_portrait_clip(tmp_path / "strangers" / "clip.mp4", "Hedy", "Ivan")
    done = evaluate(tmp_path / "people", people, strangers=tmp_path / "strangers")
    assert [(trial.person, trial.result) for trial in done.of_people] == [("Ada", Result.RIGHT)]
    assert [each.source for each in done.left_out] == [str(tmp_path / "people" / "Ben.mp4")]
    rate = done.strangers
    assert rate is not None
    assert (rate.faces, rate.people, rate.named) == (2, 1, 0)


def test_a_clip_of_two_people_cannot_say_who_is_who(people: Gallery, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    write_portrait_clip(tmp_path / "people" / "Ada.mp4", "Ada", "Hedy")
    done = evaluate(tmp_path / "people", people)
    assert "two people at once" in done.left_out[0].reason


def test_folders_that_do_not_fit_are_refused(people: Gallery, tmp_path: Path) -> None:
    with pytest.raises(PersonMissingError, match="did you mean Ada"):
        evaluate(truth(tmp_path / "a", Adda=[]) and named_like(tmp_path / "b", "Adda"), people)
    with pytest.raises(SettingsError, match="no such folder"):
        evaluate(tmp_path / "nowhere", people)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="found none"):
        evaluate(tmp_path / "empty", people)
    with pytest.raises(SettingsError, match="strangers"):
        evaluate(truth(tmp_path / "people", Ada=[200]), people, strangers=tmp_path / "empty")
    with pytest.raises(GalleryError, match="nobody is enrolled"):
        evaluate(tmp_path / "people", Gallery(tmp_path / "new.db"))


def named_like(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / name / "x.png"), portrait("Ada", 100))
    return folder


def stranger(number: int, chance: float, *, clear: bool = True) -> Trial:
    names = ("Ada",) if clear and chance <= 0.001 else ()
    return Trial(None, f"{number}.jpg", f"{number}.jpg", 30.0, names, "Ada", chance, clear)


def evaluation(*trials: Trial) -> Evaluation:
    return Evaluation(trials, (), 0.001, 2, "m")


OF_ADA = [Trial("Ada", "a.jpg", "Ada", 30.0, ("Ada",), "Ada", chance, True) for chance in (1e-9, 1e-5, 0.02, 0.2)]


def test_a_looser_setting_is_advised_only_where_strangers_enough_show_it() -> None:
    many = evaluation(*OF_ADA, *(stranger(number, chance) for number, chance in enumerate(np.linspace(0.03, 1, 400))))
    advice = many.advise(0.01)
    assert advice.false_alarm == pytest.approx(0.02)
    assert (advice.right_share, advice.strangers_share, advice.proven) == (0.75, 0.0, True)
    few = evaluation(*OF_ADA, stranger(1, 0.5))
    assert few.advise(0.01).false_alarm == pytest.approx(0.01)
    assert not few.advise(0.01).proven
    assert few.advise(0.01).strangers_needed == 300
    assert not evaluation(*OF_ADA).advise(0.01).proven


def test_strangers_who_look_like_somebody_ask_for_a_stricter_setting() -> None:
    done = evaluation(
        *OF_ADA, stranger(1, 3e-5), stranger(2, 3e-9, clear=False), *map(lambda n: stranger(n, 0.9), (3, 4))
    )
    assert done.advise(0.001).false_alarm == pytest.approx(2e-5)
    assert done.advise(0.001).right_share == 0.5
    assert evaluation(stranger(1, 1e-12)).advise(0.001).false_alarm is None
    rate = done.strangers
    assert rate is not None
    assert (rate.named, rate.share) == (1, 0.25)
    assert 0.01 < rate.low < 0.25 < rate.high < 0.8
    with pytest.raises(SettingsError, match="wished rate"):
        done.advise(0.0)


def test_links_to_somebody_elses_pictures_are_no_truth(tmp_path: Path) -> None:
    (tmp_path / "Ben").mkdir()
    (tmp_path / "Ben" / "b.jpg").touch()
    (tmp_path / "Ada").symlink_to(".")
    with pytest.raises(SettingsError, match="Ada: a link to a folder that holds pictures of other people"):
        list_people(tmp_path, ["Ada", "Ben"])
    (tmp_path / "Ada").unlink()
    (tmp_path / "Ada").mkdir()
    (tmp_path / "Ada" / "a.jpg").symlink_to("../Ben/b.jpg")
    with pytest.raises(SettingsError, match=r"Ada/a\.jpg: a link to pictures of Ben"):
        list_people(tmp_path, ["Ada", "Ben"])
