"""Draws text into images in the scripts that names are written in.

OpenCV 5 has a font with Latin, Greek, Cyrillic and Korean letters and the usual Chinese and Japanese ones; OpenCV 4 has
ASCII only. What they lack is laid out by `laid_out`, a run at a time, so a name from right to left turns nothing that
stands beside it. Where no font of the machine has its letters, their names are drawn.
"""

import re
import unicodedata
from functools import lru_cache

import cv2
import numpy as np

from detectors.arrays import Image
from pipeline.sinks.laid_out import LaidOut, blend, has_font, lay_out, spell

Color = tuple[int, int, int]

_WEIGHT = 500
_FONT = cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None
# The height in pixels of Hershey letters at scale 1.
_HERSHEY_PX = 28
_WITH_FONT = (
    r"[^ -\u02ff\u0370-\u052f\u1e00-\u206f\u20a0-\u20bf\u2100-\u214f"  # Latin, Greek, Cyrillic, signs
    r"\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\ufffd]"  # Chinese, Japanese, Korean
)
_OTHERS = _WITH_FONT if _FONT is not None else r"[^ -~\ufffd]"
_OTHER = re.compile(_OTHERS)
_RUN = re.compile("x+(?: +x+)*")
_PROBE_PX = 24


def printable(text: str) -> str:
    """Replace characters that cannot be printed, line breaks included: names come from folders and files."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


@lru_cache(maxsize=4096)
def text_width(text: str, size: int) -> int:
    """Return the width in pixels of one line of text; `size` is the letter height in pixels."""
    return sum(run.width if isinstance(run, LaidOut) else _width(run, size) for run in _runs(text, size))


def draw_text(image: Image, text: str, origin: tuple[int, int], color: Color, size: int) -> None:
    """Draw one line into a BGR image.

    origin: left end of the baseline, in pixels.  size: letter height in pixels.
    """
    x, y = origin
    for run in _runs(text, size):
        if isinstance(run, LaidOut):
            blend(image, run, (x, y), color)
            x += run.width
        else:
            _draw(image, run, (x, y), color, size)
            x += _width(run, size)


@lru_cache(maxsize=4096)
def _runs(text: str, size: int) -> tuple[str | LaidOut, ...]:
    """What OpenCV draws, and what was laid out, from left to right."""
    shown = printable(unicodedata.normalize("NFC", text))
    runs: list[str | LaidOut] = []
    end = 0
    for match in _RUN.finditer("".join(" " if one == " " else "o" if _is_known(one) else "x" for one in shown)):
        runs += [shown[end : match.start()], *_laid_out(shown[match.start() : match.end()], size)]
        end = match.end()
    return tuple(run for run in (*runs, shown[end:]) if run)


def _laid_out(text: str, size: int) -> list[str | LaidOut]:
    """By one font, or word by word where no font has all letters: names may mix scripts."""
    words = [text] if " " not in text or has_font(text) else re.split("( +)", text)
    return [word if word.isspace() else lay_out(word, size) or spell(word) for word in words]


@lru_cache(maxsize=8192)
def _is_known(character: str) -> bool:
    """Whether OpenCV draws this character. For what its font lacks, such as rare Chinese letters, it draws `?`."""
    if _OTHER.fullmatch(character):
        return False
    return _FONT is None or character.isascii() or _probe(character) != _probe("?")


def _probe(character: str) -> bytes:
    image = np.zeros((2 * _PROBE_PX, 2 * _PROBE_PX, 3), np.uint8)
    _draw(image, character, (4, _PROBE_PX + 8), (255, 255, 255), _PROBE_PX)
    return image.tobytes()


def _width(text: str, size: int) -> int:
    if _FONT is None:
        return int(cv2.getTextSize(_to_ascii(text), cv2.FONT_HERSHEY_SIMPLEX, size / _HERSHEY_PX, 1)[0][0])
    # A point behind it, because spaces at the end are not measured.
    box, point = (cv2.getTextSize((1, 1), each, (0, 0), _FONT, size, _WEIGHT) for each in (f"{text}.", "."))
    return int(box[0] + box[2] - point[0] - point[2])


def _draw(image: Image, text: str, origin: tuple[int, int], color: Color, size: int) -> None:
    if _FONT is None:
        font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, size // 16)
        cv2.putText(image, _to_ascii(text), origin, font, size / _HERSHEY_PX, color, thickness, cv2.LINE_AA)
    else:
        # Without the range, OpenCV wraps the text at the image border.
        cv2.putText(image, text, origin, color, _FONT, size, _WEIGHT, cv2.PUT_TEXT_ALIGN_LEFT, (0, 1 << 20))


def _to_ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c if c.isascii() else "?" for c in decomposed if not unicodedata.combining(c))
