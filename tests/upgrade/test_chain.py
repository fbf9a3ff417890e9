"""From 0.1.0 through every version to today: files that were carried along at each step hold what was put into them."""

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.bus.outbox import OutboxReader
from pipeline.history.reader import HistoryReader
from recognizer.gallery.store import Gallery
from tests.upgrade.make_files import COMMITS, ROOT, unpack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# What each version does with the files that it finds: it enrols somebody, publishes an event and records it.
STEP = """\
import importlib, sys
from pathlib import Path
import numpy as np
folder, number = Path(sys.argv[1]), int(sys.argv[2])
store = importlib.import_module("recognizer.gallery.store")
events, made = importlib.import_module("pipeline.events"), importlib.import_module("tests.synthetic.events")
with store.Gallery(folder / "people.db") as gallery:
    [dim] = {len(face.vector) for _, face in list(gallery.faces())[:1]}
    vector = np.eye(dim, dtype=np.float32)[number]
    gallery.add(f"Person {number}", store.Face(vector, "a.jpg", f"{number:064x}"), model_id=gallery.model_id)
event = made.track(0, epoch=f"202611{number + 10}T000000Z-cccccc", action=events.TrackAction.NEW)
outbox = importlib.import_module("pipeline.bus.outbox").Outbox(folder / "outbox.db")
outbox.put(events.topic(event), event, events.encode(event))
outbox.close()
try:
    history = importlib.import_module("pipeline.history.store")
except ModuleNotFoundError:
    sys.exit()
with history.HistoryWriter(folder / "history.db") as writer:
    writer.add([event], None)
"""


def test_what_0_1_0_began_is_whole_after_every_version(tmp_path: Path) -> None:
    site = unpack("0.1.0", tmp_path)
    for number, (version, commit) in enumerate(COMMITS.items()):
        tree = tmp_path / f"tree-{version}"
        shutil.unpack_archive(_archive(commit, tmp_path), tree)
        done = subprocess.run(
            [sys.executable, "-c", STEP, str(site), str(number)],
            cwd=tree,
            env={"PYTHONPATH": str(tree)},
            capture_output=True,
        )
        assert done.returncode == 0, (version, done.stderr.decode())
        shutil.rmtree(tree)
    with Gallery(site / "people.db") as gallery:
        assert [person.name for person in gallery.people()] == ["Ada", "Dan", *(f"Person {n}" for n in range(4))]
        assert len(gallery.index(gallery.model_id).vectors) == 6
    with closing(OutboxReader(site / "outbox.db")) as reader:
        runs = reader.ends("v1/track/door/", current="")
        assert sorted(runs)[-4:] == [f"202611{number}T000000Z-cccccc" for number in range(10, 14)]
    with HistoryReader(site / "history.db") as history:
        assert len(history.tracks()) == 3


def _archive(commit: str, folder: Path) -> str:
    """The tree of a commit; skips the test in a copy without it."""
    path = folder / "tree.tar"
    command = ["git", "-C", str(ROOT), "archive", "-o", str(path), commit]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the history of the repository")
    return str(path)
