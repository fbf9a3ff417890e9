"""The order of events around a CUDA graph, on stand-ins; and on a GPU, where there is one, that replays train."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import nn

from distill.training.cuda_graph import WARMUP_STEPS, GraphedStep


@dataclass
class FakeCuda:
    """Stands for `torch.cuda`: notes what is asked of it. While it records, a step may fail."""

    events: list[str] = field(default_factory=list)
    fails: bool = False

    def Stream(self) -> "FakeCuda":
        return self

    def CUDAGraph(self) -> "FakeCuda":
        return self

    def current_stream(self) -> "FakeCuda":
        return self

    def wait_stream(self, _: Any) -> None:
        self.events.append("wait")

    def synchronize(self) -> None:
        self.events.append("synchronize")

    def replay(self) -> None:
        self.events.append("replay")

    @contextmanager
    def stream(self, _: Any) -> Iterator[None]:
        yield

    @contextmanager
    def graph(self, _: Any) -> Iterator[None]:
        self.events.append("record")
        if self.fails:
            raise RuntimeError("not permitted when stream is capturing")
        yield


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    fake = FakeCuda()
    for name in ("Stream", "CUDAGraph", "current_stream", "synchronize", "stream", "graph"):
        monkeypatch.setattr(f"torch.cuda.{name}", getattr(fake, name))
    return fake


def run(cuda: FakeCuda, count: int) -> GraphedStep:
    def step() -> dict[str, torch.Tensor]:
        cuda.events.append("step")
        return {"loss": torch.ones(())}

    graphed = GraphedStep(step)
    assert all(graphed()["loss"] == 1 for _ in range(count))
    return graphed


def test_steps_are_replayed_after_the_warm_up(cuda: FakeCuda) -> None:
    graphed = run(cuda, WARMUP_STEPS + 2)
    warm_up = ["wait", "step", "wait"] * WARMUP_STEPS
    assert cuda.events == [*warm_up, "synchronize", "record", "step", "replay", "replay"]
    assert graphed.is_recorded


def test_a_step_that_cannot_be_recorded_runs_as_it_is(cuda: FakeCuda) -> None:
    cuda.fails = True
    graphed = run(cuda, WARMUP_STEPS + 2)
    assert cuda.events[-5:] == ["synchronize", "record", "synchronize", "step", "step"]
    assert "capturing" in graphed.failure
    assert not graphed.is_recorded


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_replays_train_as_steps_do() -> None:
    def train(*, graphed: bool) -> torch.Tensor:
        torch.manual_seed(0)
        network = nn.Linear(8, 8, device="cuda")
        rate = torch.tensor(0.01, device="cuda")
        optimiser = torch.optim.AdamW(network.parameters(), rate, fused=True, capturable=True)
        inputs = torch.randn(16, 8, device="cuda")

        def step() -> dict[str, torch.Tensor]:
            optimiser.zero_grad(set_to_none=True)
            loss = (network(inputs) - inputs).square().mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            return {"loss": loss.detach()}

        run_step = GraphedStep(step) if graphed else step
        return torch.stack([run_step()["loss"].clone() for _ in range(20)])

    assert torch.allclose(train(graphed=True), train(graphed=False), rtol=1e-3)
