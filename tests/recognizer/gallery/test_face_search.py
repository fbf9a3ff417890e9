"""Shortlists of large galleries: the decision of an exact search, and a search that follows changes."""

from collections.abc import Iterator

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.calibration import RATES, Band, Calibration
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.face_search import NEW, FaceSearch, find_same_rows
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.negatives import Negatives
from recognizer.normalisation import Cohort
from recognizer.search import choose

DIM = 64
TAIL = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
CALIBRATION = Calibration(
    model_id="m",
    command="c",
    data="d",
    date="2026-01-01",
    rates=RATES,
    bands=(Band(px=8, looks=1, mean=0, std=0.1, tail=TAIL),),
)


def units(count: int, *, seed: int = 0) -> Float32:
    vectors = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture
def _approximate(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("usearch")
    monkeypatch.setattr(choose, "APPROXIMATE_FROM", 500)


def name_rows(count: int) -> list[str]:
    """Two faces a person."""
    return [f"p{row // 2:04d}" for row in range(count)]


def probes(vectors: Float32) -> Iterator[Evidence]:
    for row, stranger in enumerate(units(20, seed=9)):
        for share in (0.0, 0.4, 0.9):
            evidence = Evidence()
            mixed = share * vectors[row] + (1 - share) * stranger
            evidence.add(np.asarray(mixed, np.float32), weight=1, face_px=40, time=0)
            yield evidence


@pytest.mark.parametrize("with_cohort", [False, True])
@pytest.mark.usefixtures("_approximate")
def test_decisions_are_those_of_an_exact_search(with_cohort: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = units(1000)
    cohort = Cohort(units(200, seed=4), weights="w") if with_cohort else None
    negatives = Negatives(units(1, seed=9), ("p0000",))
    index = GalleryIndex("m", vectors, name_rows(1000), cohort=cohort, negatives=negatives)
    rule = DecisionRule(false_alarm=0.01)
    found = [decide(evidence, index, rule, CALIBRATION) for evidence in probes(vectors)]
    assert len(index.shortlist(vectors[0]).people) < len(index.people)
    monkeypatch.setattr(choose, "APPROXIMATE_FROM", 10**9)
    exact = [decide(evidence, index, rule, CALIBRATION) for evidence in probes(vectors)]
    assert [(one.state, one.person, one.threshold) for one in found] == [
        (one.state, one.person, one.threshold) for one in exact
    ]
    assert np.allclose([one.score for one in found], [one.score for one in exact], atol=1e-5)
    assert np.allclose([one.margin for one in found], [one.margin for one in exact], atol=1e-5)


@pytest.mark.usefixtures("_approximate")
def test_the_person_asked_for_is_always_on_the_list() -> None:
    vectors = units(1000)
    index = GalleryIndex("m", vectors, name_rows(1000))
    far = f"p{int(np.argmin((vectors @ vectors[0]).reshape(-1, 2).max(axis=1))):04d}"
    assert far not in index.shortlist(vectors[0]).people
    found = index.shortlist(vectors[0], always=far)
    place = list(found.people).index(far)
    assert index.people[found.places[place]] == far
    assert found.scores[place] == pytest.approx(
        float((index.vectors[found.places[place] * 2 :][:2] @ vectors[0]).max())
    )
    assert index.shortlist(vectors[0], always="nobody").people == index.shortlist(vectors[0]).people


@pytest.mark.usefixtures("_approximate")
def test_a_changed_gallery_is_followed_and_answers_like_a_new_one() -> None:
    vectors, cohort = units(1000), Cohort(units(200, seed=4), weights="w")
    before = GalleryIndex("m", vectors[:900], name_rows(900), cohort=cohort)
    before.shortlist(vectors[0])
    kept = np.r_[np.arange(300), np.arange(400, 1000)]
    names = [name_rows(1000)[row] for row in kept]
    after = GalleryIndex("m", vectors[kept], names, cohort=cohort, before=before)
    fresh = GalleryIndex("m", vectors[kept], names, cohort=cohort)
    for template in vectors[::50]:
        one, other = after.shortlist(template), fresh.shortlist(template)
        best = int(np.argmax(one.scores)), int(np.argmax(other.scores))
        assert one.people[best[0]] == other.people[best[1]]
        assert one.scores[best[0]] == pytest.approx(other.scores[best[1]], abs=1e-5)
    assert not set(after.shortlist(vectors[350]).people) & {f"p{row // 2:04d}" for row in range(300, 400)}


def test_without_usearch_everybody_is_on_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "find_spec", lambda name: None)
    monkeypatch.setattr(choose, "APPROXIMATE_FROM", 5)
    index = GalleryIndex("m", units(20), name_rows(20))
    assert index.shortlist(units(1)[0]).people == index.people


def test_an_index_of_some_people_knows_only_them() -> None:
    vectors = units(20)
    index = GalleryIndex("m", vectors, name_rows(20), negatives=Negatives(vectors[:2], ("p0001", "p0007")))
    part = index.only(["p0007", "p0003", "nobody", "p0007"])
    assert (part.people, len(part)) == (("p0003", "p0007"), 4)
    assert np.array_equal(part.vectors, vectors[[6, 7, 14, 15]])
    assert part.negatives.people == ("p0007",)
    assert index.only(["p0007", "p0003", "nobody", "p0007"]) is part
    assert len(index.only(["nobody"])) == 0


def test_an_index_that_follows_an_empty_one_or_another_length_is_new() -> None:
    cohort = Cohort(units(200, seed=4), weights="w")
    empty = GalleryIndex.empty("m").against(cohort)
    assert len(GalleryIndex("m", units(4), name_rows(4), cohort=cohort, before=empty)) == 4
    short = GalleryIndex("m", np.eye(3, dtype=np.float32), ["a", "b", "c"])
    assert len(GalleryIndex("m", units(4), name_rows(4), before=short)) == 4


def test_the_same_rows_are_found_each_once() -> None:
    vectors = units(6)
    doubled = np.concatenate([vectors[[4, 0, 0]], -vectors[:1]])
    same = find_same_rows(doubled, vectors)
    assert same[0] == 4
    assert sorted(same[1:3]) == [NEW, 0]
    assert same[3] == NEW
    assert (find_same_rows(vectors, vectors) == np.arange(6)).all()


def test_a_search_follows_changed_rows() -> None:
    vectors = units(30)
    search = FaceSearch.of(vectors[:20])
    changed = np.concatenate([vectors[20:25], vectors[3:15]])
    after = search.follow(changed, find_same_rows(changed, vectors[:20]))
    for row, vector in enumerate(changed):
        assert after.nearest(vector, 1).tolist() == [row]
    assert after.nearest(vectors[0], 30).tolist() == list(range(17))
