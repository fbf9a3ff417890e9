"""Kills at random whatever gathers and passes on events while they flow, and compares what arrived with the outboxes.

    python -m tests.endurance.collect --kills 200 --seed 1

Two nodes with outboxes, one of them behind a network that is cut now and then; a collector, a bridge to Redis and one
to NATS, each a process of its own; and both servers. Each may be killed with SIGKILL. The exit code is 1 where an event
that an outbox has is missing or doubled in the store, in the Redis stream or in the JetStream stream, or out of order.
"""

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

import yaml

from tests.endurance.collect_node import QUIET
from tests.synthetic.nats import NatsServer, nats_server
from tests.synthetic.node import free_address
from tests.synthetic.proxy import Proxy, proxy
from tests.synthetic.redis import RedisServer, redis_server
from tests.synthetic.world import ROOT

NODES = ("north", "south")
SETTLE_SECONDS = 60.0
NODE_DOWN_SECONDS = 1.1  # two runs of a node do not begin in one second, as their names say when they began


class Program:
    """A Python program that can be killed and started again."""

    def __init__(self, folder: Path, name: str, arguments: Sequence[str], *, down: float = 0.0) -> None:
        self.name, self.down = name, down
        self._arguments, self._log = [sys.executable, *arguments], folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._arguments, cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        """Raises AssertionError, with the end of its log, where it had ended by itself."""
        assert self.process
        self.process.kill()
        code = self.process.wait()
        assert code == -signal.SIGKILL, f"{self.name} ended by itself ({code}):\n{self._log.read_text()[-2000:]}"


@dataclass
class Outcome:
    """What came of a run: events in the outboxes, and what the three places have too little or too much."""

    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    cuts: int = 0
    runs: int = 0
    events: int = 0
    seconds: float = 0.0
    missing: dict[str, int] = field(default_factory=dict)
    doubled: dict[str, int] = field(default_factory=dict)
    disordered: dict[str, int] = field(default_factory=dict)
    told_lost: int = 0

    @property
    def is_right(self) -> bool:
        wrong = (*self.missing.values(), *self.doubled.values(), *self.disordered.values(), self.told_lost)
        return bool(self.events) and not any(wrong)


class Site:
    """Everything that runs."""

    def __init__(self, folder: Path, redis: RedisServer, nats: NatsServer, split: Proxy, config: Path) -> None:
        self.folder, self.redis, self.nats, self.split, self.config = folder, redis, nats, split, config
        self.nodes: list[Program] = []
        self.others = [
            Program(folder, f"collect-{part}", ["-m", "glimpse", "collect", "--config", str(config), "--only", part])
            for part in ("nodes", "redis", "nats")
        ]

    def outbox_keys(self) -> list[str]:
        """The keys of all events that outboxes have, heartbeats apart."""
        found: list[str] = []
        for node in NODES:
            with closing(sqlite3.connect(self.folder / f"{node}.db")) as database:
                rows = database.execute("SELECT epoch, topic, seq FROM events WHERE topic NOT LIKE 'v1/health/%'")
                found += [f"{node}/{quote(epoch, safe='')}/{quote(topic)}{seq}" for epoch, topic, seq in rows]
        return found

    def store_rows(self) -> list[tuple[int, str]]:
        """Number and key of each entry."""
        query = "SELECT events.id, node, epoch, topic, seq FROM events JOIN runs ON runs.id = run ORDER BY events.id"
        with closing(sqlite3.connect(self.folder / "collection.db")) as database:
            rows = database.execute(query).fetchall()
        return [
            (number, f"{node}/{quote(epoch, safe='')}/{quote(topic)}{seq}") for number, node, epoch, topic, seq in rows
        ]

    def told_lost(self) -> int:
        with closing(sqlite3.connect(self.folder / "collection.db")) as database:
            return int(database.execute("SELECT coalesce(sum(last - first + 1), 0) FROM gaps").fetchone()[0])

    def is_passing_on(self) -> bool:
        """Whether the store is made and both bridges have noted something."""
        try:
            return len(self.behind()) == 2
        except sqlite3.OperationalError:
            return False

    def behind(self) -> dict[str, int]:
        """Entries that each bridge has noted too few."""
        query = "SELECT name, (SELECT count(*) FROM events WHERE id > number) FROM bridges"
        with closing(sqlite3.connect(self.folder / "collection.db")) as database:
            return dict(database.execute(query).fetchall())


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Start everything; kill it at the end."""
    addresses = {node: free_address() for node in NODES}
    behind = free_address()
    real, shown = (int(address.rpartition(":")[2]) for address in (addresses["south"], behind))
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(folder / "redis"))
        nats = stack.enter_context(nats_server(folder / "nats"))
        split = stack.enter_context(proxy(real, shown))
        replay = stack.enter_context(proxy(real + 1, shown + 1))
        config = folder / "site.yaml"
        section = {
            "file": str(folder / "collection.db"),
            "nodes": [addresses["north"], behind],
            "redis": redis.settings(),
            "nats": nats.settings(),
        }
        config.write_text(yaml.safe_dump({"collect": section}))
        made = Site(folder, redis, nats, _Both(split, replay), config)
        for node in NODES:
            arguments = ["-m", "tests.endurance.collect_node", node, addresses[node], str(folder / f"{node}.db")]
            made.nodes.append(Program(folder, node, arguments, down=NODE_DOWN_SECONDS))
        for program in (*made.nodes, *made.others):
            program.start()
            stack.callback(program.kill)
        yield made


class _Both(Proxy):
    """Events and replay of one node, cut together."""

    def __init__(self, *proxies: Proxy) -> None:
        self._proxies = proxies

    def cut(self) -> None:
        for one in self._proxies:
            one.cut()

    def mend(self) -> None:
        for one in self._proxies:
            one.mend()


def play(folder: Path, *, kills: int, seed: int) -> Outcome:
    """Run, kill, let all settle, and compare. Raises AssertionError where a program ended that nobody had killed."""
    began, outcome, chance = time.monotonic(), Outcome(seed), random.Random(seed)
    with site(folder) as made:
        _wait(made.is_passing_on, "nothing was passed on")
        for _ in range(kills):
            _kill_one(made, chance, outcome)
        time.sleep(0.5)
        (folder / QUIET).touch()
        time.sleep(0.5)
        _settle(made)
        _compare(made, outcome)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _kill_one(made: Site, chance: random.Random, outcome: Outcome) -> None:
    servers: dict[str, RedisServer | NatsServer] = {"redis-server": made.redis, "nats-server": made.nats}
    programs = {program.name: program for program in (*made.nodes, *made.others)}
    name = chance.choice(sorted([*servers, *programs]))
    time.sleep(chance.uniform(0.1, 1.2))
    if is_cut := chance.random() < 0.3:
        made.split.cut()
        outcome.cuts += 1
    victim: RedisServer | NatsServer | Program = servers.get(name) or programs[name]
    victim.kill()
    time.sleep(max(chance.uniform(0.0, 0.5), programs[name].down if name in programs else 0.0))
    victim.start()
    if is_cut:
        time.sleep(chance.uniform(0.0, 0.5))
        made.split.mend()
    outcome.kills[name] = outcome.kills.get(name, 0) + 1


def _settle(made: Site) -> None:
    """Wait until every place has as many as there are."""

    def is_settled() -> bool:
        count = len(made.outbox_keys())
        return len(made.store_rows()) >= count and not any(made.behind().values())

    _wait(is_settled, "not settled", allow=True)


def _wait(condition: Callable[[], bool], what: str, *, allow: bool = False) -> None:
    end = time.monotonic() + SETTLE_SECONDS
    while not condition():
        if time.monotonic() > end:
            assert allow, what
            return
        time.sleep(0.2)


def _compare(made: Site, outcome: Outcome) -> None:
    kept, store = made.outbox_keys(), made.store_rows()
    places = {
        "store": [key for _, key in store],
        "redis": [key for _, key in made.redis.entries()],
        "nats": [key for _, key, _ in made.nats.messages()],
    }
    outcome.events, outcome.runs = len(kept), len({tuple(key.split("/")[:2]) for key in kept})
    outcome.told_lost = made.told_lost()
    for name, keys in places.items():
        counts = Counter(keys)
        outcome.missing[name] = len(set(kept) - set(counts))
        outcome.doubled[name] = sum(counts.values()) - len(counts)
        outcome.disordered[name] = _disordered(keys) + (name != "store" and keys != places["store"])


def _disordered(keys: Sequence[str]) -> int:
    """How many do not follow the one before of their topic and run by exactly one."""
    last: dict[str, int] = {}
    wrong = 0
    for key in keys:
        topic, _, seq = key.rpartition("/")
        wrong += int(seq) != last.get(topic, -1) + 1
        last[topic] = int(seq)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="glimpse-collect-") as folder:
        outcome = play(Path(folder), kills=options.kills, seed=options.seed)
    print(json.dumps(asdict(outcome) | {"right": outcome.is_right}))  # noqa: T201
    return 0 if outcome.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
