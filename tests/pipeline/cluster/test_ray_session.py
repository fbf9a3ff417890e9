"""How Ray's processes of a machine are started."""

from pipeline.cluster.ray_session import health_environment, node_command


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
