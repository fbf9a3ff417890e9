"""Compressed views on disk."""

from pathlib import Path

import numpy as np

from distill.config import DegradeSettings
from distill.data.codec_store import CodecStore, compress_sheets, describe_store, load_store, save_store


def test_a_store_is_read_only_for_what_it_was_made_with(tmp_path: Path) -> None:
    views = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    made_with = describe_store(16, DegradeSettings(), 1)
    save_store(tmp_path / "store.npz", CodecStore(views, np.arange(5)), made_with)
    found = load_store(tmp_path / "store.npz", made_with)
    assert found is not None
    assert (found.views == views).all()
    assert found.faces.tolist() == [0, 1, 2, 3, 4]
    assert load_store(tmp_path / "store.npz", describe_store(16, DegradeSettings(), 2)) is None
    assert load_store(tmp_path / "none.npz", made_with) is None


def test_more_views_than_a_sheet_holds_stay_in_their_order() -> None:
    greys = np.linspace(20, 235, 300).astype(np.uint8)
    views = np.repeat(greys, 16 * 16 * 3).reshape(300, 16, 16, 3)
    coded = compress_sheets(views, np.random.default_rng(0))
    assert coded.shape == views.shape
    assert np.abs(coded.mean(axis=(1, 2, 3)) - greys).max() < 12
