"""Makes the picture in README.md: people whose portraits may be shown walk up to a camera, and one annotated frame.

    python -m tests.synthetic.picture docs/faces docs/demo.jpg

Each picture of the folder shows one person, and its file name is the person's name; NASA's portrait of Eileen Collins
from scikit-image joins them. The last two by name are not enrolled. The frame is the one in which most people are in
view.
"""

import sys
from pathlib import Path

import av
import cv2
import numpy as np

from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime
from tests.synthetic.cutouts import Cutout, cut_person, cutouts
from tests.synthetic.demo import OUT, REPORT, enrol, pipeline
from tests.synthetic.video import write_clip
from tests.synthetic.walk import Camera, Walk

ASTRONAUT = "Gwen"  # the name that `cutouts` gives her
STRANGERS = 2
JPEG_QUALITY = 85


def main(folder: Path, out: Path) -> None:
    """Write the picture. Raises RuntimeError where enrolment or the run fails."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "people.db").unlink(missing_ok=True)
    people = [*read_people(folder), *(person for person in cutouts() if person.name == ASTRONAUT)]
    camera = Camera()
    walk = Walk(people, camera)
    clip = write_clip(OUT / "walk.mp4", walk.frames(), fps=camera.fps, preset="veryfast", crf="26")
    models = ("--detector", EMBEDDED, "--recognizer", EMBEDDED, "--gallery", str(OUT / "people.db"))
    known = sorted(people, key=lambda person: person.name)[:-STRANGERS]
    if enrol(known, models) or pipeline("--source", str(clip), *models):
        raise RuntimeError("enrolment or the run failed; its messages stand above")
    frame = annotated_frame(REPORT / "annotated.mp4", _fullest_frame(walk))
    cv2.imwrite(str(out), frame, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


def read_people(folder: Path) -> list[Cutout]:
    """Everybody in the folder, by file name. Raises ValueError for a picture without a face."""
    detector = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True)
    people = []
    for path in sorted(folder.iterdir()):
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        boxes = detector.detect(image).boxes
        if not len(boxes):
            raise ValueError(f"{path}: expected a face, found none")
        people.append(cut_person(path.stem, image, boxes[np.argmax(boxes[:, 3] - boxes[:, 1])]))
    return people


def annotated_frame(film: Path, index: int) -> Image:
    """One frame of the annotated film, BGR."""
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return np.asarray(frames[index], np.uint8)


def _fullest_frame(walk: Walk) -> int:
    """The last of the frames that show the most people: faces are largest there."""
    counts = [len(boxes) for boxes in walk.truth.boxes]
    return len(counts) - 1 - counts[::-1].index(max(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
