"""Cuts people out of portraits: how docs/walkers was made. Only this needs MediaPipe and PyMatting.

    pip install mediapipe==0.10.14 pymatting pillow
    python -m tests.synthetic.hall.cut_out docs/walkers Kofi=0063.webp …

MediaPipe finds the person roughly; closed-form matting (Levin et al., TPAMI 2008) finds the opacity of hair and edges.
"""

import sys
from pathlib import Path

import cv2
import mediapipe
import numpy as np
from PIL import Image
from pymatting import estimate_alpha_cf

SIDE = 512
_SURE, _UNSURE_PX = 0.9, 15  # the rough mask's certainty, and how wide its edge is left to the matting


def main(folder: Path, people: list[str]) -> None:
    """Write folder/NAME.webp for each NAME=PICTURE: the whole portrait as colours, the person as opacity."""
    finder = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
    for name, _, file in (person.partition("=") for person in people):
        colour = np.array(Image.open(file).convert("RGB").resize((SIDE, SIDE)))
        opacity = estimate_alpha_cf(colour / 255.0, trimap(colour, finder.process(colour).segmentation_mask))
        layers = np.dstack([colour, (opacity * 255).round().astype(np.uint8)])
        Image.fromarray(layers).save(folder / f"{name}.webp", quality=85, exact=True, method=6)


def trimap(colour: np.ndarray, rough: np.ndarray) -> np.ndarray:
    """1 where the person is for certain, 0 where not, 0.5 between; greenery between arm and body is not the person."""
    edge = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_UNSURE_PX, _UNSURE_PX))
    known = np.full(rough.shape, 0.5)
    known[cv2.erode((rough > _SURE).astype(np.uint8), edge) > 0] = 1
    known[cv2.erode((rough < 1 - _SURE).astype(np.uint8), edge) > 0] = 0
    red, green, blue = (colour[..., channel].astype(float) for channel in range(3))
    known[(green - blue > 40) & (green > red - 10) & (rough < 0.999)] = 0
    return known


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
