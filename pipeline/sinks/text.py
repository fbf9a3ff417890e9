"""Text in pictures, with the letters names are written in: `cv2.putText`'s old fonts know ASCII only.

OpenCV 5 carries a TrueType font with Latin, Greek, Cyrillic, Arabic, Chinese, Japanese and Korean letters; others (Thai
and Devanagari among them) are drawn as question marks. Under OpenCV 4 so is all but Latin.
"""

import unicodedata
from functools import lru_cache

import cv2

from detectors.arrays import Image

_WEIGHT = 500
_FONT = cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None


def plain(text: str) -> str:
    """The text in one line of visible characters, as a name from a folder or a file may hold anything."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


@lru_cache(maxsize=4096)
def text_width(text: str, size: int) -> int:
    """Width in pixels of one line in letters of this size."""
    if _FONT is None:
        return int(cv2.getTextSize(_ascii(text), cv2.FONT_HERSHEY_SIMPLEX, size / 28, 1)[0][0])
    box = cv2.getTextSize((1, 1), plain(text), (0, 0), _FONT, size, _WEIGHT)
    return int(box[0] + box[2])


def draw_text(image: Image, text: str, origin: tuple[int, int], color: tuple[int, int, int], size: int) -> None:
    """Draw one line into a BGR image; origin is the left end of its baseline, size the letters' height in pixels."""
    if _FONT is None:
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(image, _ascii(text), origin, font, size / 28, color, max(1, size // 16), cv2.LINE_AA)
    else:
        # Without the range, OpenCV goes on in a second line at the picture's edge.
        cv2.putText(image, plain(text), origin, color, _FONT, size, _WEIGHT, cv2.PUT_TEXT_ALIGN_LEFT, (0, 1 << 20))


def _ascii(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", plain(text))
    return "".join(c if c.isascii() else "?" for c in decomposed if not unicodedata.combining(c))
