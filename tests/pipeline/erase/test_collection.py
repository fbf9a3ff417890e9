"""The one stream loses a name while a collector writes it, and keeps its entries and numbers."""

from contextlib import closing
from pathlib import Path

import pytest

from configs.at_rest import VARIABLE, new_key
from pipeline.collect.reader import StreamReader
from pipeline.erase.collection import CollectionStore
from pipeline.erase.outbox import OutboxStore
from pipeline.erase.person import Person
from pipeline.erase.stores import store_of
from tests.synthetic.collection import add, keys, new_collection
from tests.synthetic.events import identity, sample

STORE, GRACE = CollectionStore(), Person("Grace")


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_collector_that_writes_is_not_disturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_sealed: bool
) -> None:
    if is_sealed:
        monkeypatch.setenv(VARIABLE, new_key())
    gone = sample(0, person="Grace", template=bytes(range(64, 128)), crop=bytes(range(100, 200)))
    with closing(new_collection(tmp_path)) as database:
        path = Path(database.name)
        add(database, [identity(0, person="Grace"), identity(1, person="Ada"), gone])
        before = keys(database)
        assert set(STORE.people(path)) >= {"Grace", "Ada"}
        assert STORE.erase(path, GRACE) == "name overwritten in 2 events, 1 templates and crops overwritten"
        assert keys(database) == before
        bodies = [entry.body for entry in StreamReader(database).entries(after=0, limit=9)]
        assert add(database, [identity(2, person="Ada")]) == 1
    assert not any(b"Grace" in body for body in bodies)
    assert b"Grace" not in path.read_bytes()


def test_it_is_told_from_an_outbox(tmp_path: Path) -> None:
    with closing(new_collection(tmp_path)) as database:
        path = Path(database.name)
    assert isinstance(store_of(path), CollectionStore)
    assert not OutboxStore().recognises(path)
