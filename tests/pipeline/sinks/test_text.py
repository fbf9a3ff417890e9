"""Text in images: scripts, accents, control characters."""

import numpy as np
import pytest

from pipeline.sinks.text import draw_text, printable, text_width


def drawn(text: str) -> np.ndarray:  # type: ignore[type-arg]
    image = np.zeros((40, 400, 3), np.uint8)
    draw_text(image, text, (5, 28), (255, 255, 255), 20)
    return image


@pytest.mark.parametrize("text", ["Zoë", "Łódź", "Νίκος", "Владимир", "山田太郎", "김철수", "محمد"])
def test_names_are_drawn_in_their_script(text: str) -> None:
    assert drawn(text).any()
    assert not np.array_equal(drawn(text), drawn("?" * len(text)))
    columns = np.flatnonzero(drawn(text).any(axis=(0, 2)))
    assert columns[-1] - 5 <= text_width(text, 20) + 2


def test_accents_are_drawn() -> None:
    assert not np.array_equal(drawn("Zoe"), drawn("Zoë"))


def test_control_characters_are_replaced() -> None:
    assert printable("a\nb\x1b\u202ec") == "a\ufffdb\ufffd\ufffdc"
    assert text_width("a\nb", 20) > 0
