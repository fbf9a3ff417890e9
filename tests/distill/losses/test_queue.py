"""The ring of earlier targets."""

import torch

from distill.losses.queue import TargetQueue


def rows(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None]


def test_the_oldest_targets_are_replaced() -> None:
    queue = TargetQueue(3, 1)
    assert not queue.filled.any()
    queue.push(rows(1, 2))
    assert queue.filled.tolist() == [True, True, False]
    queue.push(rows(3, 4))
    assert queue.filled.all()
    assert queue.rows.flatten().tolist() == [4, 2, 3]


def test_of_more_targets_than_fit_the_first_ones_stay_and_an_empty_queue_takes_none() -> None:
    queue = TargetQueue(2, 1)
    queue.push(rows(1, 2, 3))
    assert queue.rows.flatten().tolist() == [1, 2]
    TargetQueue(0, 1).push(rows(1, 2))


def test_the_state_keeps_its_places() -> None:
    queue = TargetQueue(3, 1)
    before = queue.rows.data_ptr()
    queue.push(rows(1, 2))
    assert queue.rows.data_ptr() == before
