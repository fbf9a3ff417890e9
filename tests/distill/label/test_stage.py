"""Labelling."""

from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest

from detectors.arrays import Float32, Image
from distill.config import LabelSettings
from distill.data.prepare import PreparationProgress
from distill.data.shards import find_shards, read_shard
from distill.data.store import FaceNote, face_rows, write_array, write_atomic
from distill.errors import DistillError
from distill.label.stage import label
from distill.teacher.model import Ensemble
from distill.work_folder import WorkFolder
from recognizer.preprocess import l2_normalise


class Reader:
    """An ensemble that answers with the mean grey, and counts what it was asked."""

    dim, asked = 2, 0

    def embed(self, faces: Image) -> Float32:
        self.asked += len(faces)
        return l2_normalise(np.stack([faces.mean((1, 2, 3)), np.ones(len(faces))], axis=1))


def test_sharp_targets_alone_embed_each_face_once(tmp_path: Path) -> None:
    face_rows(WorkFolder(tmp_path)).append(np.full((6, 112, 112, 3), 90, np.uint8))
    write_array(WorkFolder(tmp_path).usable, np.ones(6, bool))
    state = PreparationProgress(notes=[FaceNote("folder", str(row)) for row in range(6)], done=True)
    write_atomic(WorkFolder(tmp_path).prepare_state, msgspec.json.encode(state))
    reader = Reader()
    asked = LabelSettings(synthetic_faces=8, shard_faces=4, low_targets=False, sharp_target_share=1.0)
    label(asked, WorkFolder(tmp_path), cast(Ensemble, reader), seed=0)
    found = [read_shard(path) for path in find_shards(WorkFolder(tmp_path))]
    assert [len(one) for one in found] == [4, 2, 4, 4]
    assert all(one.low is None and one.sharp is not None for one in found)
    assert reader.asked == 14
    with pytest.raises(
        DistillError, match=r"label.sharp_target_share: expected 1.0 where label.low_targets is false, got 0.25"
    ):
        label(LabelSettings(synthetic_faces=8, low_targets=False), tmp_path, cast(Ensemble, reader), seed=0)


def test_shards_of_an_older_version_are_still_good(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path)
    face_rows(work).append(np.full((2, 112, 112, 3), 90, np.uint8))
    write_array(work.usable, np.ones(2, bool))
    mix = '{"blend":0.7,"warp":0.8,"warp_px":4.0,"colour":0.5,"flip":0.5}'
    record = f'{{"shard":4,"low":true,"low_px":16,"sharp":0.25,"master":80,"mix":{mix},"seed":0}}'
    work.label_settings.write_text(record)
    label(LabelSettings(synthetic_faces=0, shard_faces=4), work, cast(Ensemble, Reader()), seed=0)
    assert len(find_shards(work)) == 1
    with pytest.raises(DistillError, match=r"label\.shard_faces: .* was made with 4, got 8"):
        label(LabelSettings(synthetic_faces=0, shard_faces=8), work, cast(Ensemble, Reader()), seed=0)
