"""The files of each version, unpacked."""

from pathlib import Path

import pytest

from tests.upgrade.make_files import COMMITS, unpack


@pytest.fixture(params=sorted(COMMITS))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with what one version wrote; its name is the version."""
    return unpack(request.param, tmp_path)
