"""What a process knows of its group, without starting others (test_chain.py starts two)."""

import pytest
import torch
from torch import distributed, nn

from distill.errors import DistillError
from distill.training.distributed import Process, first_rank_first, process_group, require_single_process


def test_a_process_alone_joins_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with process_group() as process:
        assert (process.rank, process.world_size, process.is_first) == (0, 1, True)
        assert not distributed.is_initialized()
        module = nn.Linear(1, 1)
        assert process.wrap(module) is module


def test_the_first_rank_runs_the_block_before_the_barrier_and_others_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr("distill.training.distributed.barrier", lambda: order.append("barrier"))
    for rank in (0, 1):
        with first_rank_first(Process(rank, 2, torch.device("cpu"))):
            order.append(f"rank {rank}")
    assert order == ["rank 0", "barrier", "barrier", "rank 1"]


def test_a_command_that_cannot_share_its_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    require_single_process("label")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(DistillError, match="expected the command train, which 2 processes can share, got label"):
        require_single_process("label")
