"""The network of a camera is a label that Ray takes: letters and digits at both ends, 62 characters at most."""

import pytest

from configs.read import ConfigurationError
from pipeline.settings.load import make_settings


def settings_of(network: str) -> str:
    camera = {"name": "door", "source": "rtsp://10.0.0.1/s", "network": network}
    return make_settings({"cameras": [camera]}).cameras[0].network


@pytest.mark.parametrize("network", ["", "a", "yard", "hall-2.b_c", "x" * 62])
def test_labels_are_taken(network: str) -> None:
    assert settings_of(network) == network


@pytest.mark.parametrize("network", ["-yard", "yard.", "_", "a b", "yärd", "yard\n", "x" * 63])
def test_what_is_no_label_is_refused(network: str) -> None:
    with pytest.raises(ConfigurationError, match="network"):
        settings_of(network)
