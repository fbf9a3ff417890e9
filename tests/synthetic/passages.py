"""Made-up people who walk past the cameras of a site, for the tests of journeys."""

import numpy as np

from pipeline.history.groups.pool import Pool
from pipeline.history.journeys.passage import CameraKey, Passage
from tests.synthetic.strangers import face

PX = 32.0


def at_camera(name: str, node: str = "site") -> CameraKey:
    return CameraKey(node, name)


def passage(
    person: int,
    camera: str,
    begin: float,
    *,
    number: int,
    seconds: float = 10.0,
    name: str | None = None,
    false_alarm: float = 1.0,
    spread: float = 0.6,
    node: str = "site",
) -> Passage:
    """A track of a made-up person; looks at the same one differ. begin: Unix seconds."""
    pool = Pool(face(person, number, spread=spread), 1.0, 1.0, PX)
    return Passage(number, at_camera(camera, node), begin, begin + seconds, name, false_alarm, pool)


def day_of(people: int, *, seconds_between: float = 25.0, seed: int = 0, spread: float = 0.6) -> list[Passage]:
    """Each person goes from the gate to the hall and on to the desk, at a random time of four hours; by their begin."""
    random = np.random.default_rng(seed)
    entries = []
    for person in range(people):
        at = float(random.uniform(0, 4 * 3600))
        for camera in ("gate", "hall", "desk"):
            entries.append((at, person, camera))
            at += 10 + seconds_between * float(np.exp(random.normal(0, 0.3)))
    return [
        passage(person, camera, at, number=number, spread=spread)
        for number, (at, person, camera) in enumerate(sorted(entries), 1)
    ]
