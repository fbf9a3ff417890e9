"""Blur every face of a film, without its sound. Look at the result before you hand it on: no detector finds every face.

python examples/blur_a_film.py IN.mp4 OUT.mp4
"""
# ruff: noqa: T201

import sys

import cv2

import glimpse


def main(film: str, out: str) -> None:
    detector = glimpse.Detector()  # gives weak boxes too, which are blurred as well
    video = cv2.VideoCapture(film)
    size = int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    blurred = cv2.VideoWriter(out, cv2.VideoWriter.fourcc(*"mp4v"), video.get(cv2.CAP_PROP_FPS), size)
    faces = 0
    while video.grab():
        frame = video.retrieve()[1]
        for x0, y0, x1, y1 in detector.detect(frame).boxes.round().clip(0).astype(int):
            if x1 > x0 and y1 > y0:
                frame[y0:y1, x0:x1] = cv2.blur(frame[y0:y1, x0:x1], (int(x1 - x0), int(y1 - y0)))
                faces += 1
        blurred.write(frame)
    blurred.release()
    print(f"written: {out}, {faces} faces blurred")


if __name__ == "__main__":
    main(*sys.argv[1:])
