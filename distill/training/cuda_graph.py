"""Replays a training step as one CUDA graph. A small student's step is hundreds of kernels, each shorter than a launch.

A step that can be recorded takes no batch from outside, waits for nothing on the CPU, and reads what changes from step
to step (learning rate, decay of the average) from tensors.
"""

from collections.abc import Callable

import torch
from torch import Tensor

WARMUP_STEPS = 4  # as they are, so that every library has made its choices and every optimiser its state

Step = Callable[[], dict[str, Tensor]]


class GraphedStep:
    """Runs a step as it is a few times, then records it, and replays the recording from then on.

    If recording fails, all steps run as they are, and `failure` has the reason. Random numbers of the replays go on
    where those of the recording would have; only torch's default generator may be used in the step.
    """

    def __init__(self, step: Step) -> None:
        self.failure = ""
        self._step, self._calls = step, 0
        self._side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._graph: torch.cuda.CUDAGraph | None = None
        self._terms: dict[str, Tensor] = {}

    @property
    def is_recorded(self) -> bool:
        """Whether steps are replayed."""
        return self._graph is not None

    def __call__(self) -> dict[str, Tensor]:
        """Make one step; the returned tensors have new values after the next one."""
        self._calls += 1
        if self._graph is None and not self.failure:
            if self._calls <= WARMUP_STEPS:
                return self._warm_up()
            self._record()
        if self._graph is None:
            return self._step()
        self._graph.replay()
        return self._terms

    def _warm_up(self) -> dict[str, Tensor]:
        self._side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._side):
            terms = self._step()
        torch.cuda.current_stream().wait_stream(self._side)
        return terms

    def _record(self) -> None:
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):  # records, and computes nothing
                self._terms = self._step()
        except RuntimeError as error:
            self.failure = str(error)[:300]
            torch.cuda.synchronize()
        else:
            self._graph = graph
