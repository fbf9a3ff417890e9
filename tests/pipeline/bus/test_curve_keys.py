"""Only listed clients can connect, and secrets stay secret."""

import json
import logging
import stat
from contextlib import closing
from pathlib import Path

import pytest
import zmq

from pipeline.bus.client import Subscriber
from pipeline.bus.curve_keys import load_client_keys, load_server_keys, main, make_keys
from pipeline.bus.publisher import Publisher
from pipeline.events import CameraEvent, Event, HealthEvent
from tests.synthetic.events import camera, health, sockets


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", ["alice", "bob"])
    return tmp_path / "keys"


def test_folders_and_secrets_are_private(keys: Path) -> None:
    folders = [path for path in (keys, *keys.rglob("*")) if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    secrets = list(keys.rglob("*.key_secret"))
    assert sorted(str(path.relative_to(keys)) for path in secrets) == [
        "handout/alice/client.key_secret",
        "handout/bob/client.key_secret",
        "server.key_secret",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert not (keys / "handout" / "alice" / "client.key").exists()


def test_the_public_half_holds_no_secret(keys: Path) -> None:
    for path in [*keys.rglob("*.key")]:
        assert "secret-key" not in path.read_text()


def test_secrets_are_not_in_the_repr(keys: Path) -> None:
    server, client = load_server_keys(keys), load_client_keys(keys / "handout" / "alice")
    assert server.secret.decode() not in repr(server)
    assert client.secret.decode() not in repr(client)


def test_new_clients_are_added_to_old_ones(keys: Path) -> None:
    before = (keys / "server.key").read_text()
    assert main([str(keys), "carol"]) == 0
    assert (keys / "server.key").read_text() == before
    assert sorted(path.stem for path in (keys / "clients").iterdir()) == ["alice", "bob", "carol"]


@pytest.mark.parametrize("name", ["alice", "../eve", "", "server", "a/b"])
def test_used_and_invalid_names_are_refused(keys: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(keys), name]) == 2
    assert "client: " in capsys.readouterr().err


def test_the_first_client_is_called_subscriber(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "k")]) == 0
    assert (tmp_path / "k" / "handout" / "subscriber" / "server.key").exists()
    assert "events.curve" in capsys.readouterr().out


@pytest.mark.parametrize("load", [load_server_keys, load_client_keys])
def test_missing_keys_say_how_to_make_them(tmp_path: Path, load: object) -> None:
    with pytest.raises(ValueError, match=r"python -m pipeline\.curve"):
        load(tmp_path)  # type: ignore[operator]


def test_a_readable_secret_is_a_warning(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    (keys / "server.key_secret").chmod(0o644)
    secret = load_server_keys(keys).secret.decode()
    assert "chmod 600" in caplog.text
    assert secret not in caplog.text


def first(subscriber: Subscriber, publisher: Publisher) -> Event:
    """Publish heartbeats until one arrives."""
    for seq in range(1000):
        publisher.on_event(health(seq))
        item = subscriber.receive(0.05)
        if isinstance(item, HealthEvent | CameraEvent):
            return item
    raise AssertionError("nothing arrived")


def test_a_listed_client_receives_events_and_answers(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    publisher = Publisher("tcp://0.0.0.0:*", node="node", epoch="e1", curve=str(keys))
    handout = keys / "handout" / "alice"
    address = publisher.address.replace("0.0.0.0", "127.0.0.1")
    with closing(publisher):
        publisher.on_event(camera(0))
        with Subscriber(address, curve=str(handout)) as subscriber:
            assert isinstance(first(subscriber, publisher), CameraEvent), "the snapshot comes first"
    for secret in (load_server_keys(keys).secret, load_client_keys(handout).secret):
        assert secret.decode() not in caplog.text


def test_unlisted_clients_receive_nothing(keys: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "own", ["eve"])
    stranger = tmp_path / "own" / "handout" / "eve"
    (stranger / "server.key").write_text((keys / "server.key").read_text())
    publisher = Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", curve=str(keys))
    with closing(publisher):
        publisher.on_event(camera(0))
        plain, unlisted = Subscriber(publisher.address), Subscriber(publisher.address, curve=str(stranger))
        listed = Subscriber(publisher.address, curve=str(keys / "handout" / "bob"))
        with plain, unlisted, listed:
            for _ in range(3):
                first(listed, publisher)
            assert unlisted.receive(0.1) is None
            assert plain.receive(0.1) is None


def test_a_client_without_keys_fails_the_handshake(keys: Path) -> None:
    publisher = Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", curve=str(keys))
    with closing(publisher), sockets() as context, context.socket(zmq.DEALER) as client:
        client.linger = 0
        with client.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        ) as monitor:
            client.connect(publisher.replay_address)
            client.send(json.dumps({"request": "snapshot"}).encode())
            assert monitor.poll(5000), "a client without keys must be refused"
            client.disable_monitor()
