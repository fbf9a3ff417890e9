"""A real Redis with a password and TLS if wanted; it can be killed and started again on the same port and files."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic.certificates import write_certificates
from tests.synthetic.events import until

PASSWORD = "redis-password"
BINARY = shutil.which("redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """The server of a folder. durable: each command is on the disk before it is answered (appendfsync always)."""

    def __init__(self, folder: Path, *, durable: bool = True, tls: bool = False) -> None:
        if BINARY is None:
            pytest.skip("no redis-server (Debian's package redis-server)")
        pytest.importorskip("redis", reason="needs redis (extra cluster)")
        self.folder, self.port, self._tls = folder, free_port(), tls
        folder.mkdir(exist_ok=True)
        lines = [f"dir {folder}", "bind 127.0.0.1", f"requirepass {PASSWORD}", 'save ""', "daemonize no"]
        if durable:
            lines += ["appendonly yes", "appendfsync always"]
        lines += self._tls_lines() if tls else [f"port {self.port}"]
        (folder / "redis.conf").write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def allow(self, most: int) -> None:
        """Take values of at most so many bytes from the next start on."""
        with (self.folder / "redis.conf").open("a") as file:
            file.write(f"proto-max-bulk-len {most}\n")

    def start(self) -> None:
        command = [str(BINARY), str(self.folder / "redis.conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def settings(self, **more: Any) -> dict[str, Any]:
        """The section `collect.redis` for this server, without TLS."""
        return {"server": f"127.0.0.1:{self.port}", "password": PASSWORD, **more}

    def tls_settings(self) -> dict[str, Any]:
        files = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}
        return self.settings(tls=True, **{name: str(self.folder / file) for name, file in files.items()})

    def client(self) -> Any:
        import redis

        files = {"ssl_ca_certs": "ca.pem", "ssl_certfile": "client.pem", "ssl_keyfile": "client.key"}
        tls: dict[str, Any] = {}
        if self._tls:
            tls = {"ssl": True, **{name: str(self.folder / file) for name, file in files.items()}}
        return redis.Redis(host="127.0.0.1", port=self.port, password=PASSWORD, **tls)

    def entries(self, stream: str = "glimpse") -> list[tuple[str, str]]:
        """Id and key of each entry, in order."""
        with self.client() as client:
            return [(number.decode(), fields[b"id"].decode()) for number, fields in client.xrange(stream)]

    def _tls_lines(self) -> list[str]:
        write_certificates(self.folder)
        return [
            "port 0",
            f"tls-port {self.port}",
            f"tls-cert-file {self.folder / 'server.pem'}",
            f"tls-key-file {self.folder / 'server.key'}",
            f"tls-ca-cert-file {self.folder / 'ca.pem'}",
        ]

    def _answers(self) -> bool:
        import redis

        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def redis_server(folder: Path, *, durable: bool = True, tls: bool = False) -> Iterator[RedisServer]:
    server = RedisServer(folder, durable=durable, tls=tls)
    server.start()
    try:
        yield server
    finally:
        server.kill()
