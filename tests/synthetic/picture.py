"""`python -m tests.synthetic.picture REPORT OUT.jpg`: a run's annotated frame and its report page, side by side.

It makes the picture in README.md from the demo's report, so needs the Chromium that Debian packages.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np

from detectors.arrays import Image

WIDTH, HEIGHT = 1100, 980
SHARE = 0.7  # of the film: late enough for everyone to be in view, named or not
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")


def main(report: Path, out: Path) -> None:
    """Write the picture; raises FileNotFoundError without Chromium or report."""
    page = screenshot(report / "index.html")
    frame = annotated_frame(report / "annotated.mp4")
    frame = np.asarray(cv2.resize(frame, (WIDTH, WIDTH * frame.shape[0] // frame.shape[1])), np.uint8)
    cv2.imwrite(str(out), np.vstack([frame, page]), [cv2.IMWRITE_JPEG_QUALITY, 80])


def annotated_frame(film: Path) -> Image:
    """One frame of the annotated film, BGR."""
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return np.asarray(frames[int(len(frames) * SHARE)], np.uint8)


def screenshot(page: Path) -> Image:
    """The page as Chromium draws it, BGR."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("chromium: expected on the PATH (apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "page.png"
        where = [f"--user-data-dir={folder}", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}"]
        subprocess.run([chromium, *FLAGS, *where, page.resolve().as_uri()], check=True, capture_output=True)
        return np.asarray(cv2.imread(str(shot)), np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
