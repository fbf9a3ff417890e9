"""Prepared faces as WebP pictures in one file: a bundle carries 50,000 in 70 MB.

    python -m distill.bundle.faces FOLDER

makes the raw faces of an unpacked bundle's work folder of them.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Chips, Image, Index, Int64
from distill.data.store import FACE_SIDE_PX, face_rows
from distill.work_folder import WorkFolder

QUALITY = 76
CHUNK = 4096  # faces decoded between two writes
PICTURES, ENDS = "faces.webp", "faces_ends.npy"  # all pictures, one behind the other, and where each ends


def encode_faces(faces: Chips, rows: Index, *, quality: int, threads: int) -> tuple[bytes, Int64]:
    """Encode faces BGR uint8 (N,112,112,3) at these rows: all pictures, one behind the other, and where each ends."""

    def encode(row: int) -> bytes:
        done, data = cv2.imencode(".webp", np.asarray(faces[row]), [cv2.IMWRITE_WEBP_QUALITY, quality])
        assert done
        return data.tobytes()

    with ThreadPoolExecutor(threads) as pool:
        pictures = list(pool.map(encode, rows.tolist()))
    return b"".join(pictures), np.cumsum([len(picture) for picture in pictures], dtype=np.int64)


def restore_faces(folder: Path) -> None:
    """Decode the pictures of an unpacked bundle into its work folder, unless that was done.

    An interrupted call goes on after its last whole face.
    """
    work = WorkFolder(folder)
    ends = np.load(folder / ENDS)
    starts = np.concatenate([[0], ends[:-1]])
    rows = face_rows(work)
    rows.truncate(len(rows))  # drops a torn row
    if len(rows) == len(ends):
        return
    pictures = np.memmap(folder / PICTURES, np.uint8, "r")

    def decode(row: int) -> Image:
        return np.asarray(cv2.imdecode(np.asarray(pictures[starts[row] : ends[row]]), cv2.IMREAD_COLOR), np.uint8)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for begin in range(len(rows), len(ends), CHUNK):
            decoded = list(pool.map(decode, range(begin, min(begin + CHUNK, len(ends)))))
            rows.append(np.asarray(decoded).reshape(-1, FACE_SIDE_PX, FACE_SIDE_PX, 3))


if __name__ == "__main__":
    restore_faces(Path(sys.argv[1]))
