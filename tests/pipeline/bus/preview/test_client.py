"""What the client of previews does when no node answers, or something else does."""

from contextlib import closing

import pytest
import zmq

from pipeline.bus.preview.client import receive_previews
from tests.synthetic.events import sockets


def test_it_says_nothing_came_and_goes_on() -> None:
    with closing(receive_previews("tcp://127.0.0.1:9", timeout=0.02)) as stream:
        assert [next(stream), next(stream)] == [None, None]


def test_what_is_no_preview_counts_as_nothing() -> None:
    with sockets() as context, context.socket(zmq.XPUB) as other:
        port = other.bind_to_random_port("tcp://127.0.0.1")
        with closing(receive_previews(f"tcp://127.0.0.1:{port}", timeout=0.02)) as stream:
            while not other.poll(20):
                next(stream)
            other.send_multipart([b"v1/preview/door/", b"not JSON", b""])
            assert next(stream) is None


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="address: expected"):
        next(receive_previews("door"))
