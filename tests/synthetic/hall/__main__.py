"""Makes the pictures of README.md: `make pictures`, or `python -m tests.synthetic.hall docs`.

The demo's clip is made, its people are enrolled, and the pipeline runs over it with its defaults; what the pictures
show are the boxes, names and figures of that run.
"""

import sys
from pathlib import Path

import cv2

from detectors.load import EMBEDDED
from detectors.runtime import Runtime
from recognizer.load import load_recognizer
from tests.synthetic.demo import CLIP, OUT, STRANGERS, cast, enrol, film
from tests.synthetic.hall.hero import paint_hero
from tests.synthetic.hall.record import record
from tests.synthetic.hall.strip import paint_strip, write_strip
from tests.synthetic.hall.walk import CAMERA, HallWalk

JPEG_QUALITY = 88


def main(folder: Path) -> None:
    """Write demo.jpg and walk-up.webp into the folder. Raises RuntimeError where somebody cannot be enrolled."""
    OUT.mkdir(parents=True, exist_ok=True)
    gallery = OUT / "people.db"
    gallery.unlink(missing_ok=True)
    people = {person.name: person for person in cast()}
    clip = film(HallWalk(list(people.values())), OUT / CLIP)
    known = [person for person in people.values() if person.name not in STRANGERS]
    if enrol(known, ("--detector", EMBEDDED, "--recognizer", EMBEDDED, "--gallery", str(gallery))):
        raise RuntimeError("enrolment failed; its messages stand above")
    run, recognizer = record(clip, gallery), load_recognizer(EMBEDDED, runtime=Runtime())
    hero = paint_hero(run, people, recognizer)
    cv2.imwrite(str(folder / "demo.jpg"), hero, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    write_strip(folder / "walk-up.webp", paint_strip(run, people, recognizer), fps=CAMERA.fps)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
