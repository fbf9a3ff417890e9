"""CURVE keys for a bus that leaves the machine: `python -m pipeline.curve FOLDER [CLIENT ...]`.

Only listed clients get in: the server checks each client's public key, not merely that it speaks CURVE. Each client
gets a folder of its own to carry away (`handout/NAME`), which holds everything it needs and nothing of anyone else.
"""

import argparse
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import zmq
import zmq.auth
from rich.console import Console

if TYPE_CHECKING:
    from zmq.auth.thread import ThreadAuthenticator

log = logging.getLogger(__name__)

DOMAIN = b"glimpse"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The node's key pair (Z85) and the folder of its clients' public keys."""

    public: bytes
    secret: bytes = field(repr=False)
    clients: Path

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Make a socket that will bind accept CURVE clients only."""
        socket.curve_server = True
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret
        socket.zap_domain = DOMAIN


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """One client's key pair (Z85) and the public key of the node it trusts."""

    server: bytes
    public: bytes
    secret: bytes = field(repr=False)

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Make a socket that will connect speak CURVE."""
        socket.curve_serverkey = self.server
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret


def make_keys(folder: Path, clients: Sequence[str]) -> list[Path]:
    """Write the server's keys (kept if there) and one key pair per new client; returns the folders to hand out.

    Raises ValueError for a client that has keys already or whose name is not a plain file name.
    """
    for name in clients:
        _check_name(folder, name)
    for part in (folder, folder / "clients", folder / "handout"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.chmod(0o700)
    if not (folder / "server.key_secret").exists():
        _make_pair(folder, "server")
    return [_make_client(folder, name) for name in clients]


def server_keys(folder: str | Path) -> ServerKeys:
    """Read what `make_keys` wrote; raises ValueError naming the missing file and how to make it."""
    folder = Path(folder)
    public, secret = _load(folder / "server.key_secret")
    clients = folder / "clients"
    if not clients.is_dir():
        raise ValueError(f"events.curve: expected the clients' public keys in {clients}, found no such folder")
    return ServerKeys(public, secret, clients)


def client_keys(folder: str | Path) -> ClientKeys:
    """Read a client's handout folder; raises ValueError naming the missing file and how to make it."""
    folder = Path(folder)
    public, secret = _load(folder / "client.key_secret")
    server, _ = _read(folder / "server.key")
    return ClientKeys(server, public, secret)


def start_authenticator(context: "zmq.Context[zmq.Socket[bytes]]", keys: ServerKeys) -> "ThreadAuthenticator":
    """Let the listed clients, read once now, into this context's CURVE sockets; stop() it before ending the context."""
    from zmq.auth.thread import ThreadAuthenticator

    guard = ThreadAuthenticator(context, log=logging.getLogger(f"{__name__}.zap"))
    guard.start()
    guard.configure_curve(domain=DOMAIN.decode(), location=str(keys.clients))
    return guard


def _check_name(folder: Path, name: str) -> None:
    if not name or name == "server" or not all(c.isalnum() or c in "-_" for c in name):
        raise ValueError(f"client: expected letters, digits, - and _ (and not 'server'), got {name!r}")
    if (folder / "clients" / f"{name}.key").exists():
        raise ValueError(f"client: {name!r} has keys already; remove {folder / 'clients' / name}.key to replace them")


def _make_client(folder: Path, name: str) -> Path:
    handout = folder / "handout" / name
    handout.mkdir(mode=0o700, exist_ok=True)
    _make_pair(handout, "client")
    shutil.move(handout / "client.key", folder / "clients" / f"{name}.key")
    shutil.copy(folder / "server.key", handout / "server.key")
    return handout


def _make_pair(folder: Path, name: str) -> None:
    """Both files of one certificate; the folder is private already, so nobody reads the secret before the chmod."""
    _, secret = zmq.auth.create_certificates(folder, name)
    Path(secret).chmod(0o600)


def _load(path: Path) -> tuple[bytes, bytes]:
    public, secret = _read(path)
    if secret is None:
        raise ValueError(f"curve: {path} holds no secret key")
    if path.stat().st_mode & 0o077:
        log.warning("%s can be read by other users of this machine; run chmod 600 on it", path)
    return public, secret


def _read(path: Path) -> tuple[bytes, bytes | None]:
    try:
        return zmq.auth.load_certificate(path)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"curve: expected a ZeroMQ certificate at {path}; `python -m pipeline.curve FOLDER` makes the node's "
            "folder and, in FOLDER/handout/NAME, each client's"
        ) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; 0 done, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.curve", description="Make CURVE keys for the event bus.")
    parser.add_argument("folder", type=Path, help="the node's folder; set events.curve to it")
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help="names of clients to let in (default: subscriber)")
    options = parser.parse_args(argv)
    first = not (options.folder / "server.key_secret").exists()
    try:
        handouts = make_keys(options.folder, options.clients or (["subscriber"] if first else []))
    except ValueError as error:
        Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(str(error))
        return 2
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"node: set events.curve to {options.folder} (restart it to let new clients in)")
    for handout in handouts:
        console.print(f"client {handout.name}: carry {handout} to its machine, use it as --curve, then delete it here")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
