"""The settings of a worker, and what a cluster refuses."""

from pathlib import Path

import pytest

from configs.read import ConfigurationError
from pipeline.cluster.node_settings import place_of_node, settings_of_node, settings_of_site
from pipeline.settings.load import make_settings
from pipeline.settings.types import Settings

CAMERAS = [{"source": "rtsp://10.0.0.1/a", "name": "door"}, {"source": "rtsp://10.0.0.1/b", "name": "yard"}]


def site(**cluster: object) -> Settings:
    return make_settings({"cameras": CAMERAS, "cluster": {"folder": "/var/lib/glimpse"} | cluster})


def test_a_worker_has_its_own_name_bus_and_outbox() -> None:
    settings = site()
    place = place_of_node(settings, "shop", networks=frozenset(), cores=4)
    own = settings_of_node(settings, place, frozenset({"yard"}))
    assert own.node == "shop"
    assert own.events.bind == "ipc:///var/lib/glimpse/shop/bus"
    assert own.events.outbox == "/var/lib/glimpse/shop/outbox.db"
    assert [camera.name for camera in own.cameras] == ["yard"]


def test_the_address_may_name_the_node() -> None:
    place = place_of_node(site(bind="ipc:///run/{node}"), "shop", networks=frozenset(), cores=4)
    assert place.address == "ipc:///run/shop"


def test_no_folder_no_cameras_and_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cluster\.folder: expected"):
        settings_of_site(make_settings({"cameras": CAMERAS}))
    with pytest.raises(ConfigurationError, match="expected the cameras"):
        settings_of_site(make_settings({"cluster": {"folder": "x"}}))
    clip = tmp_path / "night.mp4"
    clip.write_bytes(b"")
    with pytest.raises(ConfigurationError, match="night: expected a live camera"):
        settings_of_site(make_settings({"cameras": [{"source": str(clip)}], "cluster": {"folder": "x"}}))


def test_cameras_without_names_get_one() -> None:
    settings = make_settings({"cameras": [{"source": "rtsp://10.0.0.1/a"}], "cluster": {"folder": "x"}})
    [camera] = settings_of_site(settings).cameras
    assert camera.name
