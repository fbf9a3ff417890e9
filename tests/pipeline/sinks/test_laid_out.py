"""Text that is laid out: order, joined letters, what stands beside it, and machines without a font."""

import logging
import shutil
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import features

from detectors.arrays import Image
from pipeline.sinks import laid_out
from pipeline.sinks.laid_out import LaidOut, blend, lay_out, spell
from pipeline.sinks.text import draw_text, text_width

HEBREW, ARABIC, THAI = "\u05e9\u05e8\u05d4", "\u0645\u062d\u0645\u062f", "\u0e2a\u0e21\u0e0a\u0e32\u0e22"
needs_font = pytest.mark.skipif(
    not (shutil.which("fc-list") and features.check("raqm") and features.check("fribidi")),
    reason="needs fontconfig and a Pillow with Raqm and FriBidi; apt-get install fontconfig fonts-dejavu-core",
)

RARE = "\u3402"  # a letter of Japanese names that the font of OpenCV lacks


def has_fonts(text: str) -> bool:
    laid_out._candidates.cache_clear()
    return laid_out.has_font(text)


needs_noto = pytest.mark.skipif(not has_fonts(THAI), reason="needs a Thai font; apt-get install fonts-noto-core")
needs_cjk = pytest.mark.skipif(not has_fonts(RARE), reason="needs rare Chinese letters; apt-get install fonts-noto-cjk")


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    from pipeline.sinks.text import _runs  # what a machine with fonts drew is not what one without draws

    for cached in (lay_out, laid_out._candidates, text_width, _runs):
        cached.cache_clear()
    yield
    for cached in (lay_out, laid_out._candidates, text_width, _runs):
        cached.cache_clear()


def drawn(text: str, size: int = 24) -> Image:
    image = np.zeros((48, 500, 3), np.uint8)
    draw_text(image, text, (5, 34), (255, 255, 255), size)
    return image


@needs_font
def test_a_name_runs_from_right_to_left_and_what_follows_stays_behind_it() -> None:
    shin, others = lay_out("\u05e9", 24), lay_out(HEBREW, 24)
    assert shin
    assert others
    assert np.array_equal(
        others.mask[-shin.mask.shape[0] :, -shin.mask.shape[1] :], shin.mask
    )  # the first is rightmost
    width = text_width(HEBREW, 24)
    alone, followed = drawn(HEBREW), drawn(f"{HEBREW} 0.53")
    assert np.array_equal(alone[:, : 5 + width], followed[:, : 5 + width])
    assert not alone[:, 6 + width :].any()
    assert followed[:, 6 + width :].any()


@needs_font
def test_arabic_letters_are_joined() -> None:
    joined, apart = lay_out(ARABIC, 24), [lay_out(letter, 24) for letter in ARABIC]
    assert joined
    assert joined.width < sum(letter.width for letter in apart if letter)


@needs_noto
@pytest.mark.parametrize(
    "name", [THAI, HEBREW, ARABIC, "\u0905\u0928\u093f\u0932", "\u0e1b\u0e34\u0e48\u0e19", f"{THAI} {HEBREW}"]
)
def test_with_noto_names_of_every_script_are_drawn_as_they_are(name: str, caplog: pytest.LogCaptureFixture) -> None:
    shown = drawn(f"Ada {name}")
    assert not np.array_equal(shown, drawn(f"Ada {spell(name)}"))
    assert caplog.records == []


@needs_cjk
def test_a_letter_that_opencv_lacks_is_laid_out() -> None:
    assert not np.array_equal(drawn(f"{RARE}\u5b50"), drawn("?\u5b50"))
    assert not np.array_equal(drawn(f"{RARE}\u5b50"), drawn("3402\u5b50"))


@pytest.mark.skipif(not hasattr(cv2, "FontFace"), reason="OpenCV 4 has ASCII alone")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u018fliyev", "schwaliyev"),
        (f"{RARE}\u5b50", "3402\u5b50"),
        ("\u1e25asan", "hasan"),
        ("\u1f00\u03c1", "alpha\u03c1"),
    ],
)
def test_no_letter_of_a_name_becomes_a_question_mark(
    name: str, shown: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert np.array_equal(drawn(name), drawn(shown))
    assert len(caplog.records) == 1


@needs_font
def test_width_is_where_the_next_text_begins() -> None:
    for text in (f"{HEBREW} Ada", f"Ada {HEBREW}", f"#3 {ARABIC} 14px", "Ada  ", "e\u0301"):
        wide = text_width(f"{text}|", 24) - text_width("|", 24)
        assert abs(wide - text_width(text, 24)) <= 1


def test_without_a_font_the_letters_are_named_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with caplog.at_level(logging.WARNING):
        shown = drawn(f"{THAI} 0.53")
        drawn(f"{THAI} 0.54")
    assert np.array_equal(shown, drawn("so-mo-cho-aa-yo 0.53"))
    assert [record.message for record in caplog.records] == [
        f"{THAI!r} is drawn as 'so-mo-cho-aa-yo': no font of this machine has its letters; install one, such as "
        "fonts-noto"
    ]


@pytest.mark.parametrize("how", ["hangs", "fails"])
def test_a_font_search_that_fails_is_none(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    def run(*_: object, **__: object) -> None:
        raise laid_out.subprocess.TimeoutExpired("fc-list", 5) if how == "hangs" else OSError("no memory")

    monkeypatch.setattr(laid_out.subprocess, "run", run)
    assert lay_out(HEBREW, 24) is None


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        (HEBREW, "shin-resh-he"),
        ("\u05df", "nun"),
        (ARABIC, "meem-hah-meem-dal"),
        ("\u0915\u093e", "ka-aa"),
        ("Zo\u00eb", "Z-o-e"),
        ("\u674e", "674e"),
        ("\U0001f600", "grinning-face"),
        ("\ue000\u0301", ""),
        ("", ""),
        ("\u05e9" * 300, "shin-" * 9 + "shi"),
    ],
)
def test_spelt(text: str, spelt: str) -> None:
    assert spell(text) == spelt


@pytest.mark.parametrize("origin", [(-1000, 5), (5, -1000), (1000, 5), (5, 1000), (-3, 2), (48, 8), (10**9, 10**9)])
def test_what_lies_outside_is_cut_off(origin: tuple[int, int]) -> None:
    image = np.zeros((10, 50, 3), np.uint8)
    blend(image, LaidOut(np.full((6, 8), 255, np.uint8), 0, -4, 8), origin, (1, 2, 3))
    inside = abs(origin[0]) < 100 and abs(origin[1]) < 100
    assert bool(image.any()) is inside
    assert {tuple(pixel) for pixel in image.reshape(-1, 3).tolist()} <= {(0, 0, 0), (1, 2, 3)}


@pytest.mark.parametrize(
    "text", [HEBREW * 60, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0301" * 50, "\ufffd\udcff"]
)
def test_any_text_is_drawn(text: str) -> None:
    drawn(text)
    assert text_width(text, 24) >= 0
