"""What the wheels of serving hold besides their own code, as far as the libraries themselves say."""

import re

import cv2
from av._core import library_meta

from configs.markdown import table


def describe_libraries() -> str:
    """A table of the libraries inside the wheels of PyAV and OpenCV, Markdown."""
    text = (
        "Wheels hold libraries of others that metadata does not name. These say so themselves; `yes` above means that"
        " the package holds the text of its own licence, and often those of what it holds."
    )
    rows = [*_of_av(), *_of_opencv()]
    return f"{text}\n\n{table(['package', 'library', 'licence, as the library says'], rows)}"


def _of_av() -> list[list[str]]:
    """FFmpeg's libraries. Each says under which licence it was configured."""
    return [
        ["av", f"FFmpeg's {name} {'.'.join(map(str, found['version']))}", str(found["license"])]
        for name, found in sorted(library_meta.items())
    ]


def _of_opencv() -> list[list[str]]:
    """The windows and the video reader that OpenCV's build names; it says nothing of their licences."""
    information = cv2.getBuildInformation()
    kinds = {"QT": "Qt", "avcodec": "FFmpeg's avcodec"}
    found = {name: re.search(rf"^ +{key}: +(.+)$", information, re.MULTILINE) for key, name in kinds.items()}
    return [["opencv-python", f"{name}: {match[1].strip()}", "not said"] for name, match in found.items() if match]
