"""How Ray's processes of a machine are started."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.cluster import ray_session
from pipeline.cluster.ray_session import health_environment, joined_ray, local_ray, node_command
from tests.pipeline.web.security.site import free_port


def test_a_node_takes_one_worker_and_has_its_labels() -> None:
    words = node_command("10.0.0.5:6379", name="shop", networks=["yard", "hall"], object_store_mb=80)
    assert "--address=10.0.0.5:6379" in words
    assert '--resources={"glimpse_worker": 1}' in words
    assert "--labels=glimpse/node=shop,network.glimpse/yard=yes,network.glimpse/hall=yes" in words
    assert "--object-store-memory=83886080" in words


def test_the_head_has_no_processors_and_no_worker() -> None:
    words = node_command("", name="head", networks=[], object_store_mb=80)
    assert {"--head", "--num-cpus=0", "--include-dashboard=false", "--disable-usage-stats"} <= set(words)
    assert not [word for word in words if "resources" in word]


def test_a_dead_node_is_noticed_within_seconds_and_strangers_need_the_token() -> None:
    found = health_environment()
    assert int(found["RAY_health_check_period_ms"]) * int(found["RAY_health_check_failure_threshold"]) <= 5000
    assert found["RAY_AUTH_MODE"] == "token"
    assert found["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.parametrize(
    ("address", "is_alone"),
    [("127.0.0.1:1", True), ("localhost:1", True), ("[::1]:1", True), ("10.0.0.5:1", False), ("head:1", False)],
)
def test_only_an_address_of_this_machine_alone_is_asked_for_as_such(
    monkeypatch: pytest.MonkeyPatch, address: str, is_alone: bool
) -> None:
    """Ray itself would ask for the other address of this machine, where nothing listens."""
    asked: list[bool] = []

    def nothing_there(_: str) -> None:
        raise ConnectionError("nothing")

    monkeypatch.setattr(ray_session, "import_ray", lambda *, alone: asked.append(alone))
    monkeypatch.setattr(ray_session, "_check_connection", nothing_there)
    with pytest.raises(ConnectionError), joined_ray(address):
        pass
    assert asked == [is_alone]


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "[::1]:{port}", "nowhere", "127.0.0.1:99999999", ":"])
def test_an_address_where_nothing_listens_is_told_at_once(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """As after a kill of `glimpse cluster up`, which leaves its address behind."""
    monkeypatch.setattr(ray_session, "import_ray", lambda **_: None)
    begun = time.monotonic()
    with pytest.raises(ConnectionError, match="no Ray answers at"), joined_ray(address.format(port=free_port())):
        pass
    assert time.monotonic() - begun < 10


def test_nobody_else_looks_into_the_folder_of_a_ray_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ray makes its own folder with all permissions."""
    made: list[Path] = []

    def init(*, _temp_dir: str, **_: object) -> SimpleNamespace:
        made.append(Path(_temp_dir))
        made[0].mkdir(mode=0o777)
        made[0].chmod(0o777)
        return SimpleNamespace(address_info={"gcs_address": "127.0.0.1:1"})

    ray = SimpleNamespace(init=init, shutdown=lambda: None)
    monkeypatch.setattr(ray_session, "import_ray", lambda **_: ray)
    with local_ray("site", frozenset(), object_store_mb=80, record=tmp_path / "session"):
        assert made[0].parent.stat().st_mode & 0o777 == 0o700
    assert not made[0].parent.exists()


def test_a_ray_that_does_not_start_is_told_in_a_sentence_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Path] = []

    def init(*, _temp_dir: str, **_: object) -> None:
        made.append(Path(_temp_dir))
        made[0].mkdir()
        raise Exception("The current node timed out during startup.\nThis could happen because")

    ray = SimpleNamespace(init=init, shutdown=lambda: None)
    monkeypatch.setattr(ray_session, "import_ray", lambda **_: ray)
    with (
        pytest.raises(OSError, match=r"^Ray does not start on this machine, .*: The current node timed out [a-z ]+\.$"),
        local_ray("site", frozenset(), object_store_mb=80, record=tmp_path / "session"),
    ):
        pass
    assert not made[0].parent.exists()
