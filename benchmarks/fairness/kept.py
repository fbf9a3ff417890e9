"""Keeps arrays that take long to make, in a folder that the user names."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Arrays = Mapping[str, Any]


def keep(cache: Path | None, name: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays of this name in the folder; made and put there where they are not. cache: None to keep nothing.

    name: must differ with everything that the arrays depend on.
    """
    if cache is None:
        return make()
    path = cache / f"{name}.npz"
    if path.is_file():
        with np.load(path) as content:
            return dict(content)
    arrays = make()
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return arrays
