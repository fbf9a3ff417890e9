"""Two real nodes with cameras follow one gallery in PostgreSQL: an erased person is retracted, and both sign."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from glimpse.command.app import main
from recognizer.gallery import Gallery
from tests.synthetic.history_places import postgres
from tests.synthetic.node import Listener, Node, free_address, running
from tests.synthetic.portraits import FACES, write_portrait_clip
from tests.synthetic.postgres import PostgresServer, postgres_server
from tests.synthetic.rtsp import rtsp_server

__all__ = ["postgres"]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[PostgresServer, str, list[tuple[Node, Listener]]]]:
    """A server, the address of its gallery with Ada and Hedy, and two nodes that see both, with what they publish."""
    clip = write_portrait_clip(tmp_path / "clip.mp4", "Ada", "Hedy", seconds=20)
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        address = server.new_database()
        for name in ("Ada", "Hedy"):
            assert main(["enroll", str(FACES / f"{name}.jpg"), "--name", name, "--gallery", address]) == 0
        camera = stack.enter_context(rtsp_server({"door": clip}))
        (tmp_path / "site.yaml").write_text("gallery: ${env:GALLERY}\ngallery_max_age: 3\n")
        found = []
        for name in ("one", "two"):
            bind = free_address()
            (folder := tmp_path / name).mkdir()
            flags = ("--config", tmp_path / "site.yaml", "--node", name, "--bind", bind)
            node = stack.enter_context(running(folder, camera.url("door"), *flags, GALLERY=address))
            found.append((node, stack.enter_context(Listener(bind))))
        yield server, address, found


def named(listener: Listener, name: str) -> None:
    listener.until(lambda event: event["kind"] == "identity" and event["person"] == name)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_erasing_retracts_the_name_on_both_and_a_lost_server_every_name(
    nodes: tuple[PostgresServer, str, list[tuple[Node, Listener]]],
) -> None:
    server, address, found = nodes
    for _, listener in found:
        named(listener, "Ada")
    with Gallery(address) as gallery:
        gallery.erase("Ada")
        [erasure] = gallery.erasures()
    assert sorted(receipt.node for receipt in erasure.receipts) == ["one", "two"]
    assert all(receipt.at is not None and receipt.at - erasure.at < 1.0 for receipt in erasure.receipts), erasure
    for _, listener in found:
        listener.until(lambda event: event["kind"] == "health" and event["people"] == 1)
        listener.received.clear()
    server.stop()
    for node, listener in found:
        beat = listener.until(lambda event: event["kind"] == "health" and event["gallery"]["stale"])
        assert beat["gallery"]["change"] > 0
        listener.received.clear()
        listener.until(lambda event: event["kind"] == "health")
        assert "nobody is named: the gallery could not be confirmed for more than 3 s" in node.output
        assert node.process.poll() is None
    server.start()
    for _, listener in found:
        listener.until(lambda event: event["kind"] == "health" and not event["gallery"]["stale"])
        named(listener, "Hedy")
        assert not [event for event in listener.events if event.get("person") == "Ada"]
