"""Kills raylets with SIGKILL and counts what is lost: `python -m tests.endurance.cluster`.

Each raylet is a node with a worker, the cameras are RTSP servers. After a kill the cameras of that node must be live
elsewhere; then the node is started again. Exit codes: 0 nothing lost and nothing doubled, 1 a fault.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline.events import CameraEvent
from tests.endurance.cluster_audit import judge
from tests.endurance.cluster_site import ClusterSite
from tests.endurance.site import folder_for

START_SECONDS = 120.0
RECOVERY_SECONDS = 60.0
WATCH_SECONDS = 4.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    options = _parser().parse_args(argv)
    with folder_for(options.keep) as folder:
        result = run(folder, options)
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if result["lost"] or result["twice"] or result["doubled"] or result["gaps"] else 0


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Kill so many nodes and judge what is left."""
    chance, nodes = random.Random(options.seed), [f"n{number}" for number in range(options.nodes)]
    look = {"fps": options.fps, "size": (320, 180)}
    began = time.monotonic()
    with ClusterSite(folder, cameras=options.cameras, nodes=nodes, look=look, cluster={"settle_seconds": 4}) as site:
        site.wait_for(lambda: len(site.runs_where()) == options.cameras, START_SECONDS, "all cameras live")
        started = time.monotonic() - began
        seconds = [kill_one(site, chance) for _ in range(options.kills)]
        time.sleep(WATCH_SECONDS)
        status = site.status()
        kept = site.kept()
        site.wait_for_clients(kept)
        verdict = judge(kept, site.received())
    return asdict(verdict) | {
        "seed": options.seed,
        "start_seconds": round(started, 1),
        "live_again_seconds": [round(one, 2) for one in seconds],
        "moves": status.moves,
        "losses": status.losses,
        "seconds": round(time.monotonic() - began, 1),
    }


def kill_one(site: ClusterSite, chance: random.Random) -> float:
    """Kill a node that has cameras; the seconds until all of them are live elsewhere. Then start it again."""
    time.sleep(WATCH_SECONDS + chance.uniform(0, 1))
    where = site.runs_where()
    victim = chance.choice(sorted(set(where.values())))
    theirs = {name for name, node in where.items() if node == victim}
    killed = site.kill_node(victim)
    site.wait_for(lambda: theirs <= _live_since(site, killed, victim).keys(), RECOVERY_SECONDS, "live elsewhere")
    took = max(_live_since(site, killed, victim)[name] for name in theirs) - killed
    site.start_node(victim)
    site.wait_for(
        lambda: victim in {worker.node for worker in site.status().workers}, START_SECONDS, f"{victim} is back"
    )
    return took


def _live_since(site: ClusterSite, killed: float, victim: str) -> dict[str, float]:
    """Camera to the Unix second when another node had it live first."""
    found: dict[str, float] = {}
    for node, items in site.received().items():
        for item in items if node != victim else ():
            if isinstance(item, CameraEvent) and item.state.value == "live" and item.wall_time > killed:
                found[item.camera] = min(item.wall_time, found.get(item.camera, item.wall_time))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="default: any")
    parser.add_argument("--cameras", type=int, default=6)
    parser.add_argument("--nodes", type=int, default=2, help="raylets that take a worker")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--fps", type=float, default=2.0, help="of the cameras")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder that keeps what the processes wrote")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
