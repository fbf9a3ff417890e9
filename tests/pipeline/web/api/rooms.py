"""A watch room with everything that the API asks, its faces made up, and clients with and without tokens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.alerts.database import Database as AlertDatabase
from pipeline.alerts.reader import AlertReader
from pipeline.alerts.store import AlertStore
from pipeline.history.corrections.correction import Desk
from pipeline.history.database import open_database
from pipeline.history.groups.reader import GroupReader
from pipeline.web.api.parts import ApiParts, Enrolled, FoundFace
from pipeline.web.api.problems import bad_request, not_found
from pipeline.web.room import Room
from pipeline.web.security.audit import Audit
from recognizer.calibration import Band, Calibration
from tests.pipeline.web.showroom import MODEL, make_room
from tests.synthetic.alert_site import Site, rule

RATES = (0.1, 0.01, 1e-3, 1e-4)
BAND = Band(px=16, looks=1, mean=0, std=0.09, tail=(0.1, 0.2, 0.3, 0.4))


def png(shade: int = 90) -> bytes:
    """A picture that passes the checks of uploads."""
    return cv2.imencode(".png", np.full((20, 20, 3), shade, np.uint8))[1].tobytes()


class MadeUpFaces:
    """Finds Ada and a stranger on every picture; keeps names in memory."""

    def __init__(self) -> None:
        self.names = {"Ada": 1}

    def identify(self, photograph: bytes) -> Sequence[FoundFace]:
        ada = FoundFace((10.4, -3.0, 40.0, 50.0), 53.0, 0.9, "Ada", "named", 0.7, 0.4, 0.9995)
        return [ada, ada._replace(name=None, state="unknown", detected=0.6, confidence=0.4, threshold=float("inf"))]

    def enrol(self, name: str, photographs: Sequence[bytes]) -> Sequence[Enrolled]:
        refused = [data == png(0) for data in photographs]
        if not all(refused):
            self.names[name] = len(photographs)
        return [Enrolled("refused", "too dark", "", 0.0) if bad else Enrolled("taken", "", "", 50.0) for bad in refused]

    def rename(self, name: str, new: str) -> None:
        if not new.strip():
            raise bad_request("a name is needed")
        self.names[new] = self._of(name)
        del self.names[name]

    def erase(self, name: str) -> int:
        found = self._of(name)
        del self.names[name]
        return found

    def _of(self, name: str) -> int:
        if name not in self.names:
            raise not_found("nobody of this name is enrolled")
        return self.names[name]


class MadeUpModels:
    """Takes every photograph for Ada's."""

    calibration = Calibration(model_id=MODEL, command="", data="", date="", rates=RATES, bands=(BAND,))
    cohort = None

    def face_in(self, photograph: bytes) -> Any:
        if photograph == png(0):
            raise ValueError("expected one face, found none")
        return np.array([0.6, 0.8, 0, 0], np.float32)

    def faces_of(self, person: str) -> Any:
        return self.face_in(b"")[None]


def make_api_room(folder: Path, *, audit: Audit | None = None, **parts: Any) -> Room:
    """A room with a past, two alerts, two unknown people and a gallery."""
    folder.mkdir(exist_ok=True)
    with Site(folder, rule("door", kind="person", people=("Ada",))) as site:
        for number in (1, 2):
            site.visit(number, "Ada")
            site.tick(4000.0)
    room = make_room(folder, models=MadeUpModels(), **parts)
    alerts, history = folder / "alerts.db", folder / "history.db"

    @contextmanager
    def groups() -> Iterator[GroupReader]:
        with open_database(history) as database:
            yield GroupReader(database)

    @contextmanager
    def desk(by: str) -> Iterator[Desk]:
        with open_database(history, create=True) as database:
            yield Desk(database, None, by)

    def acknowledge(alert: str, by: str) -> bool:
        with AlertDatabase(alerts) as database:
            return AlertStore(database).acknowledge(alert, by, 1.0)

    api = ApiParts(
        faces=MadeUpFaces(),
        open_alerts=lambda: AlertReader(alerts),
        acknowledge=acknowledge,
        open_groups=groups,
        open_desk=desk,
        audit=audit,
        history_files=[history],
    )
    object.__setattr__(room, "api", api)
    return room
