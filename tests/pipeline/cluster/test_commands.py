"""Where a cluster of this machine is found."""

from pathlib import Path

import pytest

from pipeline.cluster.commands import ADDRESS_FILE, NoClusterError, known_address
from pipeline.settings.load import make_settings


def test_the_given_address_counts_most_then_that_of_up(tmp_path: Path) -> None:
    settings = make_settings({"cluster": {"folder": str(tmp_path)}})
    with pytest.raises(NoClusterError, match="expected --address"):
        known_address(settings, "")
    (tmp_path / ADDRESS_FILE).write_text("127.0.0.1:6379\n")
    assert known_address(settings, "") == "127.0.0.1:6379"
    assert known_address(settings, "10.0.0.5:1") == "10.0.0.5:1"
