"""Where a command answers: HOST:PORT, and nothing else."""

import pytest

from glimpse.command.listening import host_and_port


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:80", ("::1", 80)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
        ("h:080", ("h", 80)),
    ],
)
def test_a_host_and_a_port_are_read(text: str, found: tuple[str, int]) -> None:
    assert host_and_port(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "9464", ":9464", "host", "host:", "host:x", "host:-1", "host:65536", "host:1.5", "host:٣", "host:8 0"),
        *("[]:80", " :80", "host :80", "host:+80"),
        pytest.param(f"host:{'9' * 5000}", id="more digits than Python makes a number of"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"--listen .*: expected HOST:PORT, such as 127\.0\.0\.1:9464"):
        host_and_port(text)
