"""Sheets of small faces say where their landmarks are."""

import numpy as np

from benchmarks.lfw_sheets import CELL_HEIGHTS, SHEET_PX, lay_out
from recognizer.spec import aligned_landmarks


def test_every_face_is_on_a_sheet_with_its_landmarks_where_it_is_drawn() -> None:
    chip = np.full((112, 112, 3), 110, np.uint8)
    for x, y in aligned_landmarks(112)[:2].astype(int):  # white eyes on grey
        chip[y - 6 : y + 6, x - 6 : x + 6] = 255
    count = 2 * (SHEET_PX // round(60 * CELL_HEIGHTS)) ** 2 - 1
    sheets = list(lay_out(np.repeat(chip[None], count, axis=0), range(count), 60))
    assert [len(sheet.rows) for sheet in sheets] == [(count + 1) // 2, count // 2]
    for points in sheets[0].landmarks:
        for x, y in points[:2]:
            assert sheets[0].image[int(y), int(x), 0] > 180
    assert sheets[0].rows[0] == 0
    assert sheets[1].rows[-1] == count - 1
