"""The newest frame wins for live cameras, recordings lose none, and no thread waits for ever."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.capture.mailbox import Mailbox, MailboxClosedError
from pipeline.reload.change import Change
from pipeline.types import CameraReport, CameraState, Frame

PICTURE = np.zeros((2, 2, 3), np.uint8)


def frame(camera: str, index: int) -> Frame:
    return Frame(camera, index, index / 10, 0.0, 0.0, PICTURE)


def report(camera: str, state: CameraState = CameraState.LIVE, *, final: bool = False) -> CameraReport:
    return CameraReport(camera, state, 0.0, final=final)


def indices(items: list[Frame | CameraReport]) -> list[tuple[str, int | CameraState]]:
    return [(item.camera, item.index if isinstance(item, Frame) else item.state) for item in items]


def run_until_waiting(mailbox: Mailbox, function: Callable[[], object], pool: ThreadPoolExecutor) -> Future[object]:
    """Run `function` in the pool until it waits inside the mailbox, as the waiters of its condition show."""
    before = len(mailbox._changed._waiters)
    future = pool.submit(function)
    while not future.done():
        with mailbox._changed:
            if len(mailbox._changed._waiters) > before:
                break
    return future


def test_newest_frame_of_a_camera_wins_and_drops_are_counted() -> None:
    mailbox = Mailbox()
    mailbox.register("a", live=True)
    for index in range(5):
        mailbox.put(frame("a", index))
    assert indices(mailbox.take(0)) == [("a", 4)]
    assert (mailbox.dropped("a"), mailbox.taken("a")) == (4, 1)
    mailbox.put(frame("a", 5))
    assert indices(mailbox.take(0)) == [("a", 5)]
    assert (mailbox.dropped("a"), mailbox.taken("a")) == (4, 2)


def test_reports_stay_in_order_with_the_newest_frame() -> None:
    mailbox = Mailbox()
    mailbox.register("a", live=True)
    mailbox.report(report("a", CameraState.CONNECTING))
    mailbox.put(frame("a", 0))
    mailbox.report(report("a", CameraState.RECONNECTING))
    mailbox.report(report("a", CameraState.LIVE))
    mailbox.put(frame("a", 1))
    states = [CameraState.CONNECTING, CameraState.RECONNECTING, CameraState.LIVE]
    assert indices(mailbox.take(0)) == [*(("a", state) for state in states), ("a", 1)]


def test_a_recording_waits_for_room_and_loses_nothing() -> None:
    mailbox = Mailbox(max_frames=1)
    mailbox.register("a", live=False)
    mailbox.put(frame("a", 0))
    with ThreadPoolExecutor(1) as pool:
        second = run_until_waiting(mailbox, lambda: mailbox.put(frame("a", 1)), pool)
        assert not second.done()
        assert indices(mailbox.take(0)) == [("a", 0)]
        second.result(5)
    assert indices(mailbox.take(0)) == [("a", 1)]
    assert mailbox.dropped("a") == 0


def test_one_frame_per_camera_and_the_end_comes_after_the_last() -> None:
    mailbox = Mailbox(max_frames=3)
    for camera in ("b", "a"):
        mailbox.register(camera, live=False)
        for index in range(2):
            mailbox.put(frame(camera, index))
        mailbox.report(report(camera, CameraState.ENDED, final=True))
    assert indices(mailbox.take(0)) == [("b", 0), ("a", 0)]
    assert mailbox.open
    last = indices(mailbox.take(0))
    assert last == [("b", 1), ("b", CameraState.ENDED), ("a", 1), ("a", CameraState.ENDED)]
    assert not mailbox.open
    assert mailbox.take(None) == [], "nothing can come any more, so an unlimited wait must not wait"


def test_take_times_out_with_nothing() -> None:
    mailbox = Mailbox()
    mailbox.register("a", live=True)
    assert mailbox.take(0.01) == []
    assert mailbox.open


@pytest.mark.parametrize("live", [True, False])
def test_take_wakes_for_a_frame(live: bool) -> None:
    mailbox = Mailbox()
    mailbox.register("a", live=live)
    with ThreadPoolExecutor(1) as pool:
        taken = run_until_waiting(mailbox, lambda: mailbox.take(None), pool)
        mailbox.put(frame("a", 7))
        assert indices(taken.result(5)) == [("a", 7)]  # type: ignore[arg-type]


def test_close_wakes_reader_and_engine() -> None:
    mailbox = Mailbox(max_frames=1)
    mailbox.register("a", live=False)
    mailbox.register("b", live=True)
    mailbox.put(frame("a", 0))
    with ThreadPoolExecutor(1) as pool:
        put = run_until_waiting(mailbox, lambda: mailbox.put(frame("a", 1)), pool)
        mailbox.close()
        with pytest.raises(MailboxClosedError):
            put.result(5)
    assert not mailbox.open
    with pytest.raises(MailboxClosedError):
        mailbox.put(frame("b", 0))
    mailbox.report(report("a", CameraState.ENDED, final=True))
    assert indices(mailbox.take(None)) == [("a", 0), ("a", CameraState.ENDED)]


def test_close_wakes_a_waiting_engine() -> None:
    mailbox = Mailbox()
    mailbox.register("a", live=True)
    with ThreadPoolExecutor(1) as pool:
        taken = run_until_waiting(mailbox, lambda: mailbox.take(None), pool)
        mailbox.close()
        assert taken.result(5) == []


def test_release_frees_one_reader_only() -> None:
    mailbox = Mailbox(max_frames=1)
    for camera in ("a", "b"):
        mailbox.register(camera, live=False)
        mailbox.put(frame(camera, 0))
    with ThreadPoolExecutor(2) as pool:
        released = run_until_waiting(mailbox, lambda: mailbox.put(frame("a", 1)), pool)
        kept = run_until_waiting(mailbox, lambda: mailbox.put(frame("b", 1)), pool)
        mailbox.release("a")
        with pytest.raises(MailboxClosedError):
            released.result(5)
        assert not kept.done()
        assert indices(mailbox.take(0)) == [("a", 0), ("b", 0)]
        kept.result(5)


def test_many_readers_and_one_engine_lose_and_reorder_nothing() -> None:
    mailbox = Mailbox()
    cameras = [f"c{number}" for number in range(8)]

    def read(camera: str) -> None:
        for index in range(200):
            mailbox.put(frame(camera, index))
        mailbox.report(report(camera, CameraState.ENDED, final=True))

    for camera in cameras:
        mailbox.register(camera, live=False)
    threads = [threading.Thread(target=read, args=(camera,)) for camera in cameras]
    for thread in threads:
        thread.start()
    seen: dict[str, list[int]] = {camera: [] for camera in cameras}
    while mailbox.open:
        for item in mailbox.take(None):
            if isinstance(item, Frame):
                seen[item.camera].append(item.index)
    for thread in threads:
        thread.join(5)
    assert all(order == list(range(200)) for order in seen.values())


def test_names_are_checked() -> None:
    mailbox = Mailbox()
    assert not mailbox.open, "without cameras nothing can come"
    mailbox.register("a", live=True)
    with pytest.raises(ValueError, match="'a'"):
        mailbox.register("a", live=False)
    with pytest.raises(ValueError, match=r"'b'.*\(a\)"):
        mailbox.put(frame("b", 0))
    with pytest.raises(ValueError, match="max_frames"):
        Mailbox(max_frames=0)


def test_a_change_comes_after_what_was_put_before_and_wakes_whoever_takes() -> None:
    mailbox = Mailbox(keep_open=True)
    mailbox.register("cam", live=True)
    change = Change(lambda: ())
    report = CameraReport("cam", CameraState.LIVE, 0.0)
    mailbox.report(report)
    threading.Timer(0.05, lambda: mailbox.post(change)).start()
    assert mailbox.take(0) == [report]
    assert mailbox.take(10) == [change]


def test_a_camera_is_forgotten_with_what_it_put_and_its_name_is_free() -> None:
    mailbox = Mailbox(keep_open=True)
    mailbox.register("cam", live=True)
    mailbox.report(CameraReport("cam", CameraState.LIVE, 0.0))
    mailbox.unregister("cam")
    assert mailbox.take(0) == []
    assert mailbox.open, "a camera may come back"
    with pytest.raises(ValueError, match="expected a registered name"):
        mailbox.unregister("cam")
    mailbox.register("cam", live=True)
