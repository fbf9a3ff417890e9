"""Which worker runs which camera: where its network is, evenly, with as few moves as that takes.

Cameras without a worker are placed at once, the heaviest first, each where the share of cores in use is then lowest.
Cameras that have one move only for a gain worth the interruption.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST_GAIN = 0.1
"""Of the larger share of cores in use among two nodes, in parts of one: by so much a move must lower it."""

SLOW_SHARE = 0.8
"""A slow worker is counted as if it could carry this share of what it carries."""


@dataclass(frozen=True)
class Load:
    """A camera to place. cores: processor cores that it takes.  network: label that its node must have; empty: any."""

    cores: float
    network: str = ""


@dataclass(frozen=True)
class Place:
    """A worker that takes cameras. cores: what it has, more than 0.  networks: labels of what it reaches.

    silent: it has missed beats, and may be dead: it keeps what it has, and gets nothing while others can take it.
    """

    cores: float
    networks: frozenset[str] = frozenset()
    slow: bool = False
    silent: bool = False

    def reaches(self, load: Load) -> bool:
        """Whether it can run the camera."""
        return not load.network or load.network in self.networks


Placement = dict[str, str]
"""Camera to node. A camera that no node reaches is not in it."""


def keep(loads: Mapping[str, Load], places: Mapping[str, Place], now: Mapping[str, str]) -> Placement:
    """What may stay where it is."""
    return {
        camera: node
        for camera, node in now.items()
        if camera in loads and node in places and places[node].reaches(loads[camera])
    }


def place(loads: Mapping[str, Load], places: Mapping[str, Place], now: Mapping[str, str]) -> Placement:
    """All cameras that a node reaches; those that run stay. now: camera to node."""
    goal = keep(loads, places, now)
    used, room = used_cores(loads, places, goal), _capacities(loads, places, goal)
    for camera in sorted(loads.keys() - goal.keys(), key=lambda name: (-loads[name].cores, name)):
        able = [node for node, there in places.items() if there.reaches(loads[camera])]
        able = [node for node in able if not places[node].silent] or able
        if able:
            node = min(able, key=lambda name: (_share(room, used, name, loads[camera].cores), name))
            goal[camera] = node
            used[node] += loads[camera].cores
    return goal


def balance(loads: Mapping[str, Load], places: Mapping[str, Place], now: Mapping[str, str], *, moves: int) -> Placement:
    """The placement after at most so many moves, each from a fuller node to an emptier one, where that is worth it."""
    goal = dict(now)
    room = _capacities(loads, places, goal)
    for _ in range(moves):
        found = _best_move(loads, room, goal)
        if found is None:
            break
        camera, node = found
        goal[camera] = node
    return goal


def used_cores(loads: Mapping[str, Load], places: Mapping[str, Place], now: Mapping[str, str]) -> dict[str, float]:
    """Cores in use by node."""
    used = dict.fromkeys(places, 0.0)
    for camera, node in now.items():
        if node in used and camera in loads:
            used[node] += loads[camera].cores
    return used


def _capacities(loads: Mapping[str, Load], places: Mapping[str, Place], now: Mapping[str, str]) -> dict[str, Place]:
    """The nodes with what they can carry. A slow one carries less than it has cores: others share its machine."""
    used = used_cores(loads, places, now)
    return {
        node: Place(max(1e-6, SLOW_SHARE * used[node]), there.networks, silent=there.silent) if there.slow else there
        for node, there in places.items()
    }


def _best_move(
    loads: Mapping[str, Load], places: Mapping[str, Place], now: Mapping[str, str]
) -> tuple[str, str] | None:
    """The camera and its new node; None where no move is worth it. The fullest node that can give comes first."""
    used = used_cores(loads, places, now)
    shares = {node: used[node] / there.cores for node, there in places.items()}
    for giver in sorted(shares, key=lambda node: (-shares[node], node)):
        best: tuple[float, str, str] | None = None
        for camera in (name for name, node in now.items() if node == giver):
            for taker, there in places.items():
                if taker == giver or there.silent or not there.reaches(loads[camera]):
                    continue
                cores = loads[camera].cores
                after = max(_share(places, used, giver, -cores), _share(places, used, taker, cores))
                if after <= shares[giver] * (1 - LEAST_GAIN) and (best is None or (after, camera, taker) < best):
                    best = (after, camera, taker)
        if best:
            return best[1], best[2]
    return None


def _share(places: Mapping[str, Place], used: Mapping[str, float], node: str, more: float) -> float:
    return (used[node] + more) / places[node].cores
