"""Which addresses the bus binds and connects to, and where replay listens."""

import pytest

from pipeline.bus.address import check_bind, check_connect, client_address, preview_address, replay_address


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:5556", "tcp://127.9.9.9:*", "tcp://localhost:1", "tcp://[::1]:5556"]
)
def test_loopback_needs_no_keys(address: str) -> None:
    check_bind(address, curve=False)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "*", "192.168.1.5", "eth0", "[::]", "localhost.example.com", "[::ffff:8.8.8.8]"]
)
def test_other_addresses_need_keys(host: str) -> None:
    with pytest.raises(ValueError, match=r"needs CURVE keys.*python -m pipeline.curve"):
        check_bind(f"tcp://{host}:5556", curve=False)
    check_bind(f"tcp://{host}:5556", curve=True)


@pytest.mark.parametrize(
    "address", ["", "5556", "tcp://", "tcp://h", "tcp://h:x", "tcp://h:0", "tcp://h:65535", "udp://h:1"]
)
def test_invalid_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"events.bind: expected"):
        check_bind(address, curve=True)
    with pytest.raises(ValueError, match=r"address: expected"):
        check_connect(address)


def test_a_client_cannot_connect_to_a_wildcard() -> None:
    with pytest.raises(ValueError, match=r"address: expected"):
        check_connect("tcp://127.0.0.1:*")


@pytest.mark.parametrize(
    ("address", "replay"),
    [
        ("tcp://127.0.0.1:5556", "tcp://127.0.0.1:5557"),
        ("tcp://[::1]:5556", "tcp://[::1]:5557"),
        ("ipc:///run/glimpse", "ipc:///run/glimpse.replay"),
    ],
)
def test_the_replay_address_follows_from_the_publishers(address: str, replay: str) -> None:
    assert replay_address(address) == replay


def test_inproc_takes_no_keys() -> None:
    check_bind("inproc://events", curve=False)
    with pytest.raises(ValueError, match="does not leave the process"):
        check_bind("inproc://events", curve=True)


def test_an_abstract_socket_is_refused() -> None:
    """It has no file whose permissions would keep other users of the machine out."""
    with pytest.raises(ValueError, match="expected the path of a file, got an abstract socket"):
        check_bind("ipc://@glimpse", curve=False)


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("auto", "tcp://127.0.0.1:5556"),
        ("tcp://*:7000", "tcp://127.0.0.1:7000"),
        ("tcp://0.0.0.0:7000", "tcp://127.0.0.1:7000"),
        ("tcp://[::]:7000", "tcp://127.0.0.1:7000"),
        ("tcp://192.168.1.5:7000", "tcp://192.168.1.5:7000"),
        ("ipc:///run/glimpse", "ipc:///run/glimpse"),
    ],
)
def test_a_client_on_the_same_machine_reaches_what_a_node_is_bound_to(bind: str, address: str) -> None:
    assert client_address(bind) == address


@pytest.mark.parametrize("bind", ["none", "tcp://127.0.0.1:*"])
def test_some_nodes_no_client_can_find(bind: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        client_address(bind)


@pytest.mark.parametrize(
    ("address", "previews"),
    [
        ("tcp://127.0.0.1:5556", "tcp://127.0.0.1:5566"),
        ("tcp://[::1]:5556", "tcp://[::1]:5566"),
        ("tcp://127.0.0.1:*", "tcp://127.0.0.1:*"),
        ("ipc:///run/bus", "ipc:///run/bus.preview"),
    ],
)
def test_previews_listen_beside_the_events(address: str, previews: str) -> None:
    assert preview_address(address) == previews


def test_there_may_be_no_port_for_previews() -> None:
    with pytest.raises(ValueError, match=r"events\.preview_bind: no port 65540"):
        preview_address("tcp://127.0.0.1:65530")
