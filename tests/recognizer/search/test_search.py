"""Both searches answer alike, change one vector at a time, and keep no byte of what was erased."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.search import choose
from recognizer.search.approximate import ApproximateSearch, quantise
from recognizer.search.base import Search
from recognizer.search.exact import ExactSearch
from recognizer.search.slots import Slots

DIM = 64
SEARCHES = [ExactSearch, ApproximateSearch]


def units(count: int, *, seed: int = 0) -> Float32:
    vectors = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture(params=SEARCHES)
def search(request: pytest.FixtureRequest) -> Search:
    if request.param is ApproximateSearch:
        pytest.importorskip("usearch")
    made: Callable[[int], Search] = request.param
    return made(DIM)


def test_the_nearest_are_those_of_a_plain_product(search: Search) -> None:
    vectors, templates = units(1500), units(40, seed=1)
    keys = search.add(vectors)
    found = search.nearest(templates, 4)
    expected = np.argsort(-(templates @ vectors.T), axis=1)[:, :4]
    same = np.mean([len(set(got) & set(keys[want])) for got, want in zip(found.keys, expected, strict=True)]) / 4
    assert same == 1 if isinstance(search, ExactSearch) else same >= 0.99
    assert np.allclose(found.cosines, np.sort(templates @ vectors.T, axis=1)[:, :-5:-1], atol=1e-5) or same < 1


def test_more_than_there_are_is_filled_up(search: Search) -> None:
    assert search.nearest(units(2), 3).keys.tolist() == [[-1] * 3] * 2
    search.add(units(2))
    found = search.nearest(units(1, seed=3), 3)
    assert sorted(found.keys[0]) == [-1, 0, 1]
    assert found.cosines[0, 2] == -np.inf
    assert search.nearest(units(0), 3).keys.shape == (0, 3)


def test_added_vectors_are_found_and_erased_ones_are_not(search: Search) -> None:
    vectors = units(500)
    keys = search.add(vectors[:499])
    added = search.add(vectors[499:])
    assert search.nearest(vectors[499:], 1).keys[0, 0] == added[0]
    search.erase(keys[:100])
    assert len(search) == 400
    assert not set(search.nearest(vectors[:100], 10).keys.ravel()) & set(keys[:100])
    again = search.add(vectors[:100])
    assert len(search) == 500
    assert (search.nearest(vectors[:100], 1).keys[:, 0] == again).all()
    assert (search.nearest(vectors[100:499], 1).keys[:, 0] == keys[100:499]).all()


def test_everybody_may_be_erased(search: Search) -> None:
    keys = search.add(units(20))
    search.erase(keys)
    assert len(search) == 0
    assert (search.nearest(units(3), 2).keys == -1).all()


@pytest.mark.parametrize("key", [-1, 3, 10_000])
def test_a_key_that_is_not_in_use_is_refused_and_nothing_changes(search: Search, key: int) -> None:
    search.add(units(3))
    with pytest.raises(KeyError):
        search.erase(np.array([0, key]))
    assert len(search) == 3
    assert search.nearest(units(3)[:1], 1).keys[0, 0] == 0


def test_another_length_is_refused(search: Search) -> None:
    with pytest.raises(ValueError, match="expected"):
        search.add(np.ones((1, 3), np.float32))


def test_no_byte_of_an_erased_vector_stays_in_the_graph() -> None:
    pytest.importorskip("usearch")
    vectors = units(300)
    search = ApproximateSearch(DIM)
    keys = search.add(vectors)
    erased, kept = quantise(vectors[7:8]).tobytes(), quantise(vectors[8:9]).tobytes()
    assert erased in search.stored()
    search.erase(keys[7:8])
    assert erased not in search.stored()
    assert kept in search.stored()


IN_MEMORY = """
import sys
import numpy as np
from recognizer.search.approximate import ApproximateSearch, quantise
from recognizer.search.exact import ExactSearch

DIM, SCRAMBLE = 64, 0x55


def draw():
    vectors = np.random.default_rng(5).standard_normal((200, DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def scrambled(row):
    return [bytes(b ^ SCRAMBLE for b in row.tobytes()[:48])]


def count(patterns):
    found = 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, mode = line.split()[:2]
            if not mode.startswith("rw") or "[v" in line:
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(start)
                content = np.frombuffer(memory.read(end - start), np.uint8) ^ SCRAMBLE
            except OSError:
                continue
            found += sum(content.tobytes().count(pattern) for pattern in patterns)
    return found


search = {"exact": ExactSearch, "approximate": ApproximateSearch}[sys.argv[1]](DIM)
vectors = draw()
patterns = {row: scrambled(vectors[row]) + scrambled(quantise(vectors[row : row + 1])[0]) for row in (7, 8)}
search.add(vectors)
vectors[:] = 0
del vectors
search.erase(np.array([7]))
print(count(patterns[7]), count(patterns[8]))
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_no_byte_of_an_erased_vector_stays_in_the_memory_of_the_process(kind: str) -> None:
    if kind == "approximate":
        pytest.importorskip("usearch")
    done = subprocess.run([sys.executable, "-c", IN_MEMORY, kind], capture_output=True, text=True, check=True)
    erased, kept = map(int, done.stdout.split())
    assert (erased, kept > 0) == (0, True)


def test_no_key_is_free_twice() -> None:
    slots = Slots(DIM)
    keys = slots.add(units(3))
    slots.erase(np.array([keys[1], keys[1]]))
    assert len(slots) == 2
    assert sorted(slots.add(units(2, seed=2))) == [1, 3]


def test_a_growing_matrix_leaves_no_copy_behind() -> None:
    slots = Slots(DIM)
    slots.add(units(3))
    before = slots.rows
    slots.add(units(100))
    assert not before.any()


def test_without_the_extra_every_gallery_is_searched_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "find_spec", lambda name: None)
    assert isinstance(choose.new_search(DIM, 10**7), ExactSearch)


def test_small_galleries_are_searched_exactly() -> None:
    assert isinstance(choose.new_search(DIM, choose.APPROXIMATE_FROM - 1), ExactSearch)
