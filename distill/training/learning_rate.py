"""How the learning rate goes: up, flat, down. Flat, because a run on a growing pool is often made longer halfway.

Warm-up, hold and decay (Hu et al., "MiniCPM", 2024): unlike a cosine, the flat part knows nothing of the end.
"""


def learning_rate(samples: int, *, total: int, warmup: int, hold: float) -> float:
    """The factor, 0..1, after `samples`: linear to 1 over `warmup`, 1 until `hold` of `total`, linear to 0."""
    if samples < warmup:
        return (samples + 1) / warmup
    falls = max(hold * total, warmup)
    if samples < falls:
        return 1.0
    return max(0.0, (total - samples) / max(total - falls, 1))
