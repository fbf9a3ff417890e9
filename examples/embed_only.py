"""Print how alike faces of several pictures are: cosines of their vectors, without thresholds and names.

python examples/embed_only.py A.jpg B.jpg C.jpg
"""
# ruff: noqa: T201

import sys

import numpy as np

import glimpse


def main(*pictures: str) -> None:
    detector, recognizer = glimpse.Detector(score=0.6), glimpse.Recognizer()
    vectors = np.concatenate([recognizer.embed(picture, detector.detect(picture)).vectors for picture in pictures])
    print((vectors @ vectors.T).round(2))


if __name__ == "__main__":
    main(*sys.argv[1:])
