"""What Ray's list of nodes becomes."""

from typing import Any

from pipeline.cluster.ray_nodes import NETWORK_LABEL, NODE_LABEL, WORKER_RESOURCE, nodes_for_workers


def ray_node(number: int, *, alive: bool = True, worker: bool = True, labels: dict[str, str] | None = None) -> Any:
    return {
        "NodeID": f"id{number}",
        "Alive": alive,
        "NodeManagerAddress": f"10.0.0.{number}",
        "Resources": {"CPU": 2.0} | ({WORKER_RESOURCE: 1.0} if worker else {}),
        "Labels": labels or {},
    }


def test_dead_nodes_and_a_head_without_workers_are_left_out() -> None:
    nodes = [ray_node(1, alive=False), ray_node(2, worker=False), ray_node(3)]
    assert [node.name for node in nodes_for_workers(nodes)[0]] == ["node-10-0-0-3"]


def test_labels_give_name_and_networks() -> None:
    labels = {NODE_LABEL: "shop", f"{NETWORK_LABEL}yard": "yes", f"{NETWORK_LABEL}hall": "yes", "other": "x"}
    [node], faults = nodes_for_workers([ray_node(1, labels=labels)])
    assert faults == {}
    assert (node.id, node.name, node.networks) == ("id1", "shop", {"yard", "hall"})


def test_the_second_of_two_with_one_name_is_left_out() -> None:
    labels = {NODE_LABEL: "shop"}
    found, faults = nodes_for_workers([ray_node(2, labels=labels), ray_node(1, labels=labels)])
    assert [node.id for node in found] == ["id1"]
    assert "--name" in faults["shop"]


def test_nothing_of_nothing() -> None:
    assert nodes_for_workers([]) == ([], {})
    bare = ray_node(1) | {"Labels": None}
    bare.pop("Resources")
    assert nodes_for_workers([bare]) == ([], {})
