"""People in a gallery in PostgreSQL, and a node in a process of its own that follows it and says whom it would name."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from detectors.arrays import Float32
from recognizer.gallery import Face, Gallery

ROOT = Path(__file__).parents[2]
DIM = 512


def unit(seed: int) -> Float32:
    """A unit vector, float32 (DIM,)."""
    vector = np.random.default_rng(seed).normal(size=DIM)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def face(seed: int) -> Face:
    """One face with the vector `unit(seed)`."""
    return Face(unit(seed), f"{seed}.jpg", f"{seed:064x}")


def enrol(address: str, *names: str) -> None:
    """Enrol people; the one with the name n<seed> has the vector of that seed."""
    with Gallery(address, create=True) as gallery:
        gallery.add_all([(name, face(int(name[1:]))) for name in names], model_id="m")


def until(is_true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition; raises AssertionError where it does not come."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


NODE = """
import logging, sys, time
from pipeline.tracks.matcher import GalleryMatcher
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from recognizer.gallery.copies.followed import FollowedGallery
from tests.synthetic.shared_gallery import unit

address, node, max_age = sys.argv[1], sys.argv[2], float(sys.argv[3])
people = FollowedGallery(address, node=node, max_age=max_age)
matcher = GalleryMatcher(people, "m", rule=DecisionRule(min_effective=1), calibration=uncalibrated("m"))
evidence = Evidence()
for second in range(4):
    evidence.add(unit(1), weight=1.0, face_px=64.0, time=float(second))
named = None
while True:
    matcher.refresh()
    decision = matcher.decide(evidence, None)
    said = decision.person or decision.reasons[0]
    if said != named:
        named = said
        print(f"{time.time():.6f} {named}", flush=True)
    time.sleep(0.02)
"""


class Node:
    """A process that names the face of seed 1 by its copy, fifty times a second as a camera would ask."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def next_said(self) -> tuple[float, str]:
        """When it named somebody else than before, Unix seconds, and whom, or why nobody."""
        assert self.process.stdout is not None
        at, _, said = self.process.stdout.readline().strip().partition(" ")
        return float(at), said


@contextmanager
def node(address: str, name: str, *, max_age: float) -> Iterator[Node]:
    """A running node."""
    command = [sys.executable, "-c", NODE, address, name, str(max_age)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield Node(process)
    finally:
        process.kill()
        process.communicate()
