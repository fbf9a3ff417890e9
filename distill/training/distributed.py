"""One process or several: the process group that `torchrun` sets up through environment variables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from distill.errors import DistillError


@dataclass(frozen=True, slots=True)
class Process:
    """One training process of `world_size`, numbered by its rank, and the device on which it computes."""

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Wrap a module so that its gradients are averaged over all processes."""
        return DistributedDataParallel(module) if self.world_size > 1 else module


@contextmanager
def process_group() -> Iterator[Process]:
    """Join the processes of `torchrun`, with NCCL on GPUs and gloo on CPUs; leave the group at the end.

    A process that runs alone only chooses its device.
    """
    rank, world_size = int(os.environ.get("RANK", "0")), _world_size()
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)  # otherwise NCCL puts every process on the first GPU
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")  # TF32
    if world_size > 1:
        distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Process(rank, world_size, device)
        barrier()
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()


def barrier() -> None:
    """Wait until every process has reached this point."""
    if distributed.is_initialized():
        distributed.barrier()


@contextmanager
def first_rank_first(process: Process) -> Iterator[None]:
    """Run the block on the first rank before the others, which then find the files that it wrote."""
    if not process.is_first:
        barrier()
    yield
    if process.is_first:
        barrier()


def require_single_process(command: str) -> None:
    """Raise DistillError if `torchrun` starts a command that cannot share its work."""
    if (count := _world_size()) > 1:
        raise DistillError(f"torchrun: expected the command train, which {count} processes can share, got {command}")


def _world_size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
