"""One process or many: what `torchrun` says in the environment, and how to join the others."""

import os
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from distill.errors import DistillError


@dataclass(frozen=True, slots=True)
class Ranks:
    """rank: which process this is. world: how many there are. device: where this one computes."""

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process writes the files and shows the progress."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module with its gradients averaged over all processes."""
        return DistributedDataParallel(module) if self.world > 1 else module


def join() -> Ranks:
    """Join the other processes of `torchrun`, with NCCL on GPUs and gloo on CPUs; alone, just choose the device."""
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)  # or all of NCCL's would meet on the first
    if world > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if cuda else "gloo")
    return Ranks(rank, world, device)


def alone(command: str) -> None:
    """Raises DistillError where `torchrun` starts a command that does not share its work."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1:
        raise DistillError(f"torchrun: expected the command train, which {world} processes can share, got {command}")


def leave() -> None:
    """Part from the others, if there were any."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def wait() -> None:
    """Until every process is here."""
    if distributed.is_initialized():
        distributed.barrier()
