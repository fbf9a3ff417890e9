"""Draw names into a picture with the annotators of supervision (`pip install supervision`).

python examples/draw_with_supervision.py PICTURE people.db OUT.png
"""
# ruff: noqa: T201

import sys

import cv2
import supervision

import glimpse


def main(picture: str, gallery: str, out: str) -> None:
    people = glimpse.Gallery(gallery, create=False)
    image = glimpse.read_picture(picture)
    faces = glimpse.find(image)
    found = glimpse.to_supervision(faces, [people.identify(face) for face in faces])
    labels = [name or "unknown" for name in found.data.get("name", [])]
    lookup = supervision.ColorLookup.INDEX
    image = supervision.BoxAnnotator(color_lookup=lookup).annotate(image, found)
    image = supervision.LabelAnnotator(color_lookup=lookup).annotate(image, found, labels)
    cv2.imwrite(out, image)
    print(f"written: {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
