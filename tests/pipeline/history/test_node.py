"""From the pixels of a clip to a search: a real run publishes, a recorder keeps, and the right tracks are found."""

from contextlib import closing
from pathlib import Path

import pytest

from detectors.runtime import Runtime
from glimpse.command.app import main
from pipeline.build import build
from pipeline.bus.client import ALL, Subscriber
from pipeline.bus.publisher import Publisher
from pipeline.history.reader import HistoryReader
from pipeline.history.recorder import record
from pipeline.history.retention import Limits, Retention
from pipeline.history.search import Sought, search
from pipeline.history.store import HistoryWriter
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import CameraSettings, DetectorSettings, EventSettings, RecognizerSettings, Settings
from recognizer.gallery.store import Gallery
from recognizer.load import EMBEDDED, load_recognizer, open_scoring
from tests.synthetic.portraits import FACES, write_portrait_clip


@pytest.mark.timeout(60)
def test_somebody_enrolled_after_the_run_gets_their_past(tmp_path: Path) -> None:
    write_portrait_clip(tmp_path / "clip.mp4", "Ada", "Hedy", seconds=3)
    address, path = f"ipc://{tmp_path}/bus", tmp_path / "h.db"
    settings = Settings(
        detector=DetectorSettings(model=EMBEDDED),
        recognizer=RecognizerSettings(model=EMBEDDED),
        events=EventSettings(bind=address, outbox=str(tmp_path / "outbox.db"), samples="all"),
        cameras=(CameraSettings(source=str(tmp_path / "clip.mp4"), name="door"),),
    )
    assert build(settings, Outputs()).run() == []
    later = Publisher(address, node=settings.node, epoch="later", outbox=settings.events.outbox)
    with closing(later), HistoryWriter(path, unknowns=True) as history:  # the outbox has the run that is over
        retention = Retention(history.database, Limits(), unknowns=True)
        with Subscriber(address, topics=(ALL,), start="replay") as bus:
            record(bus, history, retention, stop=lambda: history.position is not None and bus.is_settled)
    assert main(["enroll", str(FACES / "Ada.jpg"), "--name", "Ada", "--gallery", str(tmp_path / "people.db")]) == 0
    recognizer = load_recognizer(EMBEDDED, runtime=Runtime())
    scoring = open_scoring(recognizer, model=EMBEDDED)
    with Gallery(tmp_path / "people.db") as people:
        ada = Sought(people.index(recognizer.model_id).vectors)
    with HistoryReader(path) as reader:
        assert {row.state for row in reader.tracks()} == {"unknown"}
        found = search(reader, ada, scoring.calibration, scoring.cohort, max_strangers=0.01)
        assert found.compared == len(reader.tracks()) >= 2
        assert 1 <= len(found.hits) < found.compared
        assert reader.crop(found.hits[0].track.id) is not None
