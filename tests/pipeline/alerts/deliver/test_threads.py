"""A thread that fails ends the others, and the process ends with what it raised."""

import threading
from pathlib import Path

import pytest

from pipeline.alerts.deliver.receiver import Receiver
from pipeline.alerts.deliver.threads import run_receivers


def never() -> bool:
    return False


def test_a_receiver_whose_file_cannot_be_used_ends_the_process() -> None:
    def fail() -> None:
        raise ValueError("damaged")

    def take(is_stopping: object) -> None:
        while not is_stopping():  # type: ignore[operator]
            threading.Event().wait(0.01)

    with pytest.raises(ValueError, match="damaged"):
        run_receivers([Receiver(fail, lambda _: None)], take, never)  # type: ignore[arg-type,return-value]


def test_an_intake_that_fails_stops_the_receivers(tmp_path: Path) -> None:
    class Idle:
        receiver = "a"

        def drop_beyond_bounds(self) -> int:
            return 0

        def seconds_left(self) -> float:
            return 30.0

    def take(_: object) -> None:
        raise ValueError("no bus")

    with pytest.raises(ValueError, match="no bus"):
        run_receivers([Receiver(Idle, lambda _: None)], take, never)  # type: ignore[arg-type,return-value]


def test_a_signal_ends_it_without_an_error() -> None:
    run_receivers([], lambda _: None, lambda: True)
