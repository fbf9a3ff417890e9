"""Draws text into images in the scripts that names are written in; OpenCV's Hershey fonts have ASCII only.

OpenCV 5 has a TrueType font with Latin, Greek, Cyrillic, Arabic, Chinese, Japanese and Korean letters; other scripts
(Thai, Devanagari) become question marks. Under OpenCV 4 everything but Latin does.
"""

import unicodedata
from functools import lru_cache

import cv2

from detectors.arrays import Image

_WEIGHT = 500
_FONT = cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None
# The height in pixels of Hershey letters at scale 1.
_HERSHEY_PX = 28


def printable(text: str) -> str:
    """Replace characters that cannot be printed, line breaks included: names come from folders and files."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


@lru_cache(maxsize=4096)
def text_width(text: str, size: int) -> int:
    """Return the width in pixels of one line of text; `size` is the letter height in pixels."""
    if _FONT is None:
        return int(cv2.getTextSize(_to_ascii(text), cv2.FONT_HERSHEY_SIMPLEX, size / _HERSHEY_PX, 1)[0][0])
    box = cv2.getTextSize((1, 1), printable(text), (0, 0), _FONT, size, _WEIGHT)
    return int(box[0] + box[2])


def draw_text(image: Image, text: str, origin: tuple[int, int], color: tuple[int, int, int], size: int) -> None:
    """Draw one line into a BGR image.

    origin: left end of the baseline, in pixels.  size: letter height in pixels.
    """
    if _FONT is None:
        font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, size // 16)
        cv2.putText(image, _to_ascii(text), origin, font, size / _HERSHEY_PX, color, thickness, cv2.LINE_AA)
    else:
        # Without the range, OpenCV wraps the text at the image border.
        cv2.putText(image, printable(text), origin, color, _FONT, size, _WEIGHT, cv2.PUT_TEXT_ALIGN_LEFT, (0, 1 << 20))


def _to_ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", printable(text))
    return "".join(c if c.isascii() else "?" for c in decomposed if not unicodedata.combining(c))
