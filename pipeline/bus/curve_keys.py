"""CURVE keys for a bus that other machines may reach: `python -m pipeline.curve FOLDER [CLIENT ...]`.

Only listed clients may connect: the server checks each client's public key, not just that the client speaks CURVE.
Each client gets its own folder (`handout/NAME`) to copy to its machine, with everything it needs and no other keys.
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

ZAP_DOMAIN = b"glimpse"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The node's key pair (Z85) and the folder of its clients' public keys."""

    public: bytes
    secret: bytes = field(repr=False)
    clients: Path

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Configure a socket that will bind to accept CURVE clients only."""
        socket.curve_server = True
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret
        socket.zap_domain = ZAP_DOMAIN


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """A client's key pair (Z85) and the public key of the node it trusts."""

    server: bytes
    public: bytes
    secret: bytes = field(repr=False)

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Configure a socket that will connect to use CURVE."""
        socket.curve_serverkey = self.server
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret


def make_keys(folder: Path, clients: Sequence[str]) -> list[Path]:
    """Write the server's keys, unless they exist, and a key pair for each new client; return the handout folders.

    Raises ValueError for a client that already has keys or whose name is not a plain file name.
    """
    for name in clients:
        _check_name(folder, name)
    for part in (folder, folder / "clients", folder / "handout"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.chmod(0o700)
    if not (folder / "server.key_secret").exists():
        _make_pair(folder, "server")
    return [_make_client(folder, name) for name in clients]


def load_server_keys(folder: str | Path) -> ServerKeys:
    """Read what `make_keys` wrote. Raises ValueError that names a missing file and how to make it."""
    folder = Path(folder)
    public, secret = _read_pair(folder / "server.key_secret")
    clients = folder / "clients"
    if not clients.is_dir():
        raise ValueError(f"events.curve: expected the clients' public keys in {clients}, found no such folder")
    return ServerKeys(public, secret, clients)


def load_client_keys(folder: str | Path) -> ClientKeys:
    """Read a client's handout folder. Raises ValueError that names a missing file and how to make it."""
    folder = Path(folder)
    public, secret = _read_pair(folder / "client.key_secret")
    server, _ = _read(folder / "server.key")
    return ClientKeys(server, public, secret)


def start_authenticator(context: "zmq.Context[zmq.Socket[bytes]]", keys: ServerKeys) -> "ThreadAuthenticator":
    """Admit the clients listed at this moment to the context's CURVE sockets.

    Call `stop` on the result before you terminate the context.
    """
    from zmq.auth.thread import ThreadAuthenticator

    authenticator = ThreadAuthenticator(context, log=logging.getLogger(f"{__name__}.zap"))
    authenticator.start()
    authenticator.configure_curve(domain=ZAP_DOMAIN.decode(), location=str(keys.clients))
    return authenticator


def _check_name(folder: Path, name: str) -> None:
    if not name or name == "server" or not all(c.isalnum() or c in "-_" for c in name):
        raise ValueError(f"client: expected letters, digits, - and _ (and not 'server'), got {name!r}")
    if (folder / "clients" / f"{name}.key").exists():
        raise ValueError(f"client: {name!r} already has keys; remove {folder / 'clients' / name}.key to replace them")


def _make_client(folder: Path, name: str) -> Path:
    handout = folder / "handout" / name
    handout.mkdir(mode=0o700, exist_ok=True)
    _make_pair(handout, "client")
    shutil.move(handout / "client.key", folder / "clients" / f"{name}.key")
    shutil.copy(folder / "server.key", handout / "server.key")
    return handout


def _make_pair(folder: Path, name: str) -> None:
    """Write both files of a certificate. The folder is private, so nobody can read the secret before the chmod."""
    _, secret = zmq.auth.create_certificates(folder, name)
    Path(secret).chmod(0o600)


def _read_pair(path: Path) -> tuple[bytes, bytes]:
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
            "folder and a folder for each client in FOLDER/handout/NAME"
        ) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Exit codes: 0 done, 2 usage error."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.curve", description="Make CURVE keys for the event bus.")
    parser.add_argument("folder", type=Path, help="the node's key folder; set events.curve to it")
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help="names of new clients (default: subscriber)")
    options = parser.parse_args(argv)
    is_new = not (options.folder / "server.key_secret").exists()
    try:
        handouts = make_keys(options.folder, options.clients or (["subscriber"] if is_new else []))
    except ValueError as error:
        Console(stderr=True, soft_wrap=True, markup=False, highlight=False).print(str(error))
        return 2
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"node: set events.curve to {options.folder}; restart the node to admit new clients")
    for handout in handouts:
        console.print(
            f"client {handout.name}: copy {handout} to its machine, pass the copy as --curve, then delete {handout}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
