"""Find boxes and landmarks with the detector alone.

python examples/detect_only.py PICTURE
"""
# ruff: noqa: T201

import sys

import glimpse


def main(picture: str) -> None:
    found = glimpse.Detector(score=0.5).detect(picture)
    for box, score in zip(found.boxes, found.scores, strict=True):
        print(box.round(1).tolist(), f"{score:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
