"""Made sites: nobody is in two of them, their cameras do what they say, and names are counted right."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.site_tuning.cast import Cast, cast_sites
from benchmarks.site_tuning.made_camera import HEIGHTS_PX, SITES, MadeSite, film
from benchmarks.site_tuning.recordings import DAY_SECONDS, FIRST_DAYS, START, record, write_track
from benchmarks.site_tuning.score import Found, Watch, right_at, right_by_rule, threshold, wrong_by_rule
from detectors.arrays import Image
from detectors.runtime import Runtime
from distill.site.visitors import Look, read_visitors
from distill.site.visits import part_visits
from recognizer.load import load_recognizer, open_scoring
from tests.synthetic.made_faces import draw_face, make_person
from tests.synthetic.made_site import write_family

RNG = np.random.default_rng(0)
CLEAR = MadeSite("clear", blur=0.3, noise=0.0, crf=16)


def numbered(count: int, each: int, first: int) -> dict[str, list[Image]]:
    """People whose pictures all have a number of their own."""
    return {
        f"{each}-{row:04d}": [np.array([[[first + row, each, picture]]], np.int64) for picture in range(each)]
        for row in range(count)
    }


def names_of(cast: Cast) -> list[int]:
    return [int(one[0][0, 0, 0]) for group in cast.visitors for one in group]


MANY = numbered(60, 3, 0) | numbered(300, 2, 100) | numbered(700, 1, 500)


def test_no_two_sites_share_anybody_and_no_group_does() -> None:
    seen: list[int] = []
    for cast in cast_sites(MANY, 3, share=0.25):
        assert [len(group) for group in cast.visitors] == [60, 15, 25]
        assert [sum(len(one) == 2 for one in group) for group in cast.visitors] == [15, 10, 25]
        assert (len(cast.regulars), len(cast.newcomers), len(cast.strangers)) == (15, 30, 125)
        visitors = [int(one[0][0, 0, 0]) for group in cast.visitors for one in group]
        regulars = [int(one[0, 0, 0]) for one, _ in cast.regulars]
        assert set(regulars) <= set(visitors[:60])  # they are learnt from
        assert all(one[0, 0, 2] != 0 for pair in cast.regulars for one in pair)  # and come with other pictures
        assert all(one[0][0, 0, 2] != one[1][0, 0, 2] for group in cast.visitors for one in group if len(one) == 2)
        others = [int(one[0, 0, 0]) for one, _ in cast.newcomers] + [int(one[0, 0, 0]) for one in cast.strangers]
        assert not set(others) & set(visitors)
        seen += visitors + others
    assert len(seen) == len(set(seen))


def test_another_seed_changes_all_sites_but_the_one_for_settings() -> None:
    first, second = (cast_sites(MANY, 2, share=0.25, seed=seed) for seed in (1, 2))
    assert names_of(first[0]) == names_of(second[0])
    assert names_of(first[1]) != names_of(second[1])
    assert not set(names_of(first[0])) & set(names_of(second[1]))


def test_too_few_people_are_told() -> None:
    with pytest.raises(ValueError, match="expected 15 more people with 3 or more pictures, got 5"):
        cast_sites(numbered(5, 3, 0), 1, share=0.25)


def test_a_film_shows_everybody_from_far_to_near_and_its_files_are_read_again(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())
    pictures = [draw_face(make_person(row), RNG) for row in range(3)]
    tracks = film(CLEAR, recognizer, pictures, 1000.0, seed=1)
    assert [len(track) for track in tracks] == [len(HEIGHTS_PX)] * 3
    for number, looks in enumerate(tracks):
        write_track(tmp_path / "tracks" / str(number), looks)
    visitors = read_visitors(tmp_path / "tracks")
    assert [one.looks[0].px for one in visitors] == [11.0] * 3
    assert [one.first_seen for one in visitors] == [1000.0, 1010.0, 1020.0]
    near = [recognizer.embed(track[-1].picture[None])[0] for track in tracks]
    far = [recognizer.embed(track[2].picture[None])[0] for track in tracks]
    assert (np.array(near) @ np.array(far).T).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_recording_has_second_visits_days_later_and_says_whose_they_are(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())
    faces = [draw_face(make_person(row), RNG) for row in range(4)]
    cast = Cast([[(faces[0],), (faces[1], faces[1])], [(faces[2],)], [(faces[3], faces[3])]], [], [], [])
    record(tmp_path / "tracks", CLEAR, recognizer, cast, seed=3)
    visitors = read_visitors(tmp_path / "tracks")
    days = [[round((part[0].time - START) // DAY_SECONDS) for part in part_visits(one.looks)] for one in visitors]
    assert days == [[0], [0, 2], [FIRST_DAYS[1]], [FIRST_DAYS[2], FIRST_DAYS[2] + 2]]
    assert {look.known for one in visitors for look in one.looks} == {"confirmed"}


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_site_makes_far_faces_worse_than_a_clear_camera(tmp_path: Path, site: MadeSite) -> None:
    recognizer = load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())
    pictures = [draw_face(make_person(row), RNG) for row in range(8)]

    def difference(one: list[list[Look]], other: list[list[Look]]) -> float:
        vectors = [recognizer.embed(np.stack([track[2].picture for track in tracks])) for tracks in (one, other)]
        return float((vectors[0] * vectors[1]).sum(axis=1).mean())

    clear = film(CLEAR, recognizer, pictures, 0.0, seed=1)
    assert difference(clear, film(site, recognizer, pictures, 0.0, seed=1)) < 0.999
    assert difference(clear, clear) == pytest.approx(1)


def test_right_wrong_and_false_names_are_counted(tmp_path: Path) -> None:
    folder = str(write_family(tmp_path / "own"))
    recognizer = load_recognizer(folder, runtime=Runtime())
    pictures = [draw_face(make_person(row), RNG) for row in range(12)]
    watch = Watch(recognizer, open_scoring(recognizer, model=folder), pictures[:10])
    tracks = film(CLEAR, recognizer, pictures, 0.0, seed=1)
    [known, early], [strange] = watch.find(tracks[:10], (28.0, 5.0)), watch.find(tracks[10:], (28.0,))
    assert right_at(known, 0, threshold(strange)) >= 8
    assert right_at(known[1:], 0, threshold(strange)) == 0  # everybody is taken for the one before
    assert right_at(known, 0, 1.5) == 0
    assert early[0] == Found(0, -1.0, None)  # nothing was seen yet


def test_names_of_the_rule_are_right_wrong_or_false() -> None:
    found = [Found(0, 0.9, 0), Found(0, 0.9, 0), Found(2, 0.9, None), Found(4, 0.9, 4)]
    assert (right_by_rule(found, 0), wrong_by_rule(found, 0)) == (1, 2)
    assert wrong_by_rule(found, None) == 3
