"""Blur every face of a picture except that of one person.

python examples/blur_everybody_but_one.py PICTURE people.db NAME OUT.png
"""
# ruff: noqa: T201

import sys

import cv2

import glimpse


def main(picture: str, gallery: str, name: str, out: str) -> None:
    people = glimpse.Gallery(gallery, create=False)
    image = glimpse.read_picture(picture)
    for face in glimpse.find(image):
        if people.identify(face).name == name:
            continue
        x0, y0, x1, y1 = (max(0, round(value)) for value in face.box)
        image[y0:y1, x0:x1] = cv2.GaussianBlur(image[y0:y1, x0:x1], (0, 0), face.px / 4)
    cv2.imwrite(out, image)
    print(f"written: {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
