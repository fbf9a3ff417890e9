"""What Ray says of its nodes, as the cluster reads it: which take workers, their names, and the networks they reach."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WORKER_RESOURCE = "glimpse_worker"
"""Custom resource of nodes that take a worker: `ray start --resources '{"glimpse_worker": 1}'`."""

NODE_LABEL = "glimpse/node"
NETWORK_LABEL = "network.glimpse/"
"""Label that a node has for each network that it reaches: `network.glimpse/yard=yes`."""


@dataclass(frozen=True)
class RayNode:
    """A node that is alive and takes a worker. id: of Ray, another one after each start.  name: stays."""

    id: str
    name: str
    networks: frozenset[str]


def nodes_for_workers(nodes: Iterable[Mapping[str, Any]]) -> tuple[list[RayNode], dict[str, str]]:
    """Of the answer of `ray.nodes()`, and what is wrong with them by name.

    Of two with one name, the second is left out: it would want the same outbox.
    """
    found: dict[str, RayNode] = {}
    faults: dict[str, str] = {}
    for node in sorted(nodes, key=lambda one: str(one["NodeID"])):
        if not node["Alive"] or not node.get("Resources", {}).get(WORKER_RESOURCE):
            continue
        made = _node(node)
        if made.name in found:
            faults[made.name] = "two nodes have this name; give each its own with --name"
            continue
        found[made.name] = made
    return list(found.values()), faults


def _node(node: Mapping[str, Any]) -> RayNode:
    labels: Mapping[str, str] = node.get("Labels") or {}
    name = labels.get(NODE_LABEL) or "node-" + str(node["NodeManagerAddress"]).replace(".", "-").replace(":", "-")
    networks = (key.removeprefix(NETWORK_LABEL) for key in labels if key.startswith(NETWORK_LABEL))
    return RayNode(str(node["NodeID"]), name, frozenset(networks))
