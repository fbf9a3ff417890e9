"""Draws text that OpenCV cannot: from right to left, with joined letters and marks, and in scripts that it lacks.

Pillow lays it out (HarfBuzz, FriBidi) with a font of this machine, which fontconfig finds. Each text is laid out once
for each size, so a frame with known names costs the copying of a few thousand pixels.
"""

import logging
import re
import shutil
import subprocess
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont, features

from detectors.arrays import Image

log = logging.getLogger("glimpse")

FIND_SECONDS = 5.0
MAX_SPELT_CHARACTERS = 48
_LETTER = re.compile(r" (?:LETTER|CHARACTER|VOWEL SIGN|SIGN|DIGIT)(?: FINAL| SARA)? ([A-Z]+)")
_ROMAN_STYLES = ("bold", "oblique", "italic", "mono", "condensed", "serif")


class LaidOut(NamedTuple):
    """A text of one size. mask: uint8 (H,W).  left, top: of the mask from the left end of the baseline.  width: px."""

    mask: Image
    left: int
    top: int
    width: int


@lru_cache(maxsize=1024)
def lay_out(text: str, size: int) -> LaidOut | None:
    """The text in letters of this height, px; None where no font of this machine has all of them."""
    font = _font(_letters(text), size)
    if font is None:
        log.warning(
            "%r is drawn as %r: no font of this machine has its letters; install one, such as fonts-noto",
            text,
            spell(text),
        )
        return None
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
    canvas = Picture.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=font, anchor="ls")
    return LaidOut(np.asarray(canvas), left, top, round(font.getlength(text)))


def has_font(text: str) -> bool:
    """Whether one font of this machine has all letters of a text."""
    return bool(_candidates(_letters(text)))


def blend(image: Image, laid_out: LaidOut, origin: tuple[int, int], color: tuple[int, int, int]) -> None:
    """Draw it into a BGR image; what lies outside is cut off. origin: left end of the baseline, px."""
    left, top = origin[0] + laid_out.left, origin[1] + laid_out.top
    height, width = laid_out.mask.shape
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, image.shape[1]), min(top + height, image.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    share = laid_out.mask[y1 - top : y2 - top, x1 - left : x2 - left, None].astype(np.uint16)
    part = image[y1:y2, x1:x2]
    part[:] = ((part * (255 - share) + np.array(color, np.uint16) * share) // 255).astype(np.uint8)


def spell(text: str) -> str:
    """The names of its letters in ASCII, where nothing can draw them: `shin-resh-he`."""
    words = ("-".join(filter(None, map(_spell, word))) for word in unicodedata.normalize("NFC", text).split())
    return " ".join(words)[:MAX_SPELT_CHARACTERS]


def _spell(character: str) -> str:
    plain = "".join(each for each in unicodedata.normalize("NFKD", character) if each.isascii())
    if plain or unicodedata.combining(character):
        return plain
    name = unicodedata.name(character, "")
    found = _LETTER.search(name)
    return (found[1] if found else name.removeprefix("CJK UNIFIED IDEOGRAPH-").replace(" ", "-")).lower()


def _letters(text: str) -> str:
    return "".join(sorted(set(text) - {" "}))


def _font(characters: str, size: int) -> ImageFont.FreeTypeFont | None:
    for path in _candidates(characters):
        try:
            return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.RAQM)
        except OSError:  # of pictures in fixed sizes, as fonts of emoji are
            continue
    return None


@lru_cache(maxsize=256)
def _candidates(characters: str) -> tuple[str, ...]:
    """Files of fonts that have all of these, plain ones without serifs first; none without fontconfig or layout."""
    program = shutil.which("fc-list")
    if program is None or not features.check("raqm") or not features.check("fribidi"):
        return ()
    wanted = f":charset={' '.join(f'{ord(character):x}' for character in characters)}"
    try:
        found = subprocess.run(
            [program, "-f", "%{file}\n", wanted], capture_output=True, text=True, timeout=FIND_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(sorted(set(found.splitlines()), key=_rank))


def _rank(path: str) -> tuple[bool, int, str]:
    name = path.rpartition("/")[2].lower()
    return "sans" not in name, sum(style in name for style in _ROMAN_STYLES), path
