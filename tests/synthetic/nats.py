"""A real NATS server with JetStream and a login, with TLS if wanted; it can be killed and started again."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic.certificates import write_certificates
from tests.synthetic.events import until
from tests.synthetic.redis import free_port

USER, PASSWORD = "glimpse", "nats-password"
BINARY = shutil.which("nats-server") or shutil.which("/usr/sbin/nats-server")


class NatsServer:
    """The server of a folder, with what its JetStream stored there."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        if BINARY is None:
            pytest.skip("no nats-server (Debian's package nats-server)")
        pytest.importorskip("nats", reason="needs nats-py (extra cluster)")
        self.folder, self.port, self._tls = folder, free_port(), tls
        folder.mkdir(exist_ok=True)
        self.process: subprocess.Popen[bytes] | None = None

    def allow(self, most: int) -> None:
        """Take messages of at most so many bytes from the next start on."""
        (self.folder / "nats.conf").write_text(f"max_payload: {most}\n")

    def start(self) -> None:
        login = ["--user", USER, "--pass", PASSWORD]
        command = [
            str(BINARY),
            "-a",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-js",
            "-sd",
            str(self.folder / "store"),
            *login,
        ]
        if (self.folder / "nats.conf").exists():
            command += ["-c", str(self.folder / "nats.conf")]
        if self._tls:
            write_certificates(self.folder)
            files = {"cert": "server.pem", "key": "server.key", "cacert": "ca.pem"}
            command += ["--tlsverify", *(f"--tls{name}={self.folder / file}" for name, file in files.items())]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._listens)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def settings(self, **more: Any) -> dict[str, Any]:
        """The section `collect.nats` for this server, without TLS."""
        return {"server": f"127.0.0.1:{self.port}", "username": USER, "password": PASSWORD, **more}

    def tls_settings(self) -> dict[str, Any]:
        files = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.key"}
        return self.settings(tls=True, **{name: str(self.folder / file) for name, file in files.items()})

    def messages(self, stream: str = "GLIMPSE") -> list[tuple[int, str, str]]:
        """Sequence, key and subject of each message that is there, in order."""

        async def read(js: Any) -> list[tuple[int, str, str]]:
            state = (await js.stream_info(stream)).state
            if not state.messages:
                return []
            consumer = await js.subscribe("", stream=stream, ordered_consumer=True)
            found = []
            for _ in range(state.messages):
                message = await consumer.next_msg(5)
                number = message.metadata.sequence.stream
                found.append((number, message.headers["Nats-Msg-Id"], message.subject))
            await consumer.unsubscribe()
            return found

        return list(self.ask(read))

    def ask(self, question: Any) -> Any:
        """What a coroutine that takes a JetStream context returns."""

        async def connect() -> Any:
            import nats

            options: dict[str, Any] = {}
            if self._tls:
                context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
                context.load_cert_chain(self.folder / "client.pem", self.folder / "client.key")
                options["tls"] = context
            address = f"nats://127.0.0.1:{self.port}"
            client = await nats.connect(address, user=USER, password=PASSWORD, **options)
            try:
                return await question(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(connect())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def nats_server(folder: Path, *, tls: bool = False) -> Iterator[NatsServer]:
    server = NatsServer(folder, tls=tls)
    server.start()
    try:
        yield server
    finally:
        server.kill()
