"""Where a distillation keeps its files. Names on disk never change, so that older work folders stay usable."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudentFolder:
    """The files of one student's training."""

    root: Path

    @property
    def checkpoint(self) -> Path:
        """Weights, optimiser state and settings, from which training resumes."""
        return self.root / "checkpoint.pt"

    @property
    def log(self) -> Path:
        """Losses and test accuracies during training, as JSON lines."""
        return self.root / "log.jsonl"

    @property
    def curves(self) -> Path:
        """The log as a plot."""
        return self.root / "curves.png"

    @property
    def codec_store(self) -> Path:
        """Views that a real encoder compressed."""
        return self.root / "h264.npz"

    @property
    def chips(self) -> Path:
        """A sheet of degraded faces as the student sees them."""
        return self.root / "chips.png"


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """The files of one distillation, named after the `work` setting. A pool has a work folder of its own."""

    root: Path

    @property
    def log(self) -> Path:
        """What each stage did, as JSON lines."""
        return self.root / "log.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the process that fills a pool."""
        return self.root / "lock"

    @property
    def prepare_state(self) -> Path:
        """How far preparation came, and where each prepared face is from."""
        return self.root / "faces" / "state.json"

    @property
    def prepare_settings(self) -> Path:
        """The settings that the faces were prepared with."""
        return self.root / "faces" / "sources.json"

    @property
    def exclude_settings(self) -> Path:
        """The settings that test people were excluded with."""
        return self.root / "faces" / "exclude.json"

    @property
    def face_pixels(self) -> Path:
        """Every prepared face, as raw rows."""
        return self.root / "faces" / "pixels.raw"

    @property
    def face_features(self) -> Path:
        """The teacher's features of every prepared face, as raw rows."""
        return self.root / "faces" / "features.f16"

    @property
    def usable(self) -> Path:
        """Which prepared faces are nobody's of the test: bool (N,)."""
        return self.root / "faces" / "usable.npy"

    @property
    def measure_settings(self) -> Path:
        """The share of people who are measured with."""
        return self.root / "faces" / "measure.json"

    @property
    def measured(self) -> Path:
        """Which prepared faces nobody learns from, so that a calibration can be measured with them: bool (N,)."""
        return self.root / "faces" / "measured.npy"

    @property
    def teachers(self) -> Path:
        """The teachers whose features the folder holds."""
        return self.root / "teachers.json"

    @property
    def head(self) -> Path:
        """The adaptation head."""
        return self.root / "adapt" / "head.npz"

    def low_features(self, pixels: int, count: int, checksum: int) -> Path:
        """The teacher's features of `count` faces at `pixels`, as raw rows; the checksum identifies the faces."""
        return self.root / "adapt" / f"low-{pixels}-{count}-{checksum:08x}.f16"

    @property
    def label_settings(self) -> Path:
        """The settings that the shards were labelled with."""
        return self.root / "label.json"

    @property
    def shards(self) -> Path:
        """The folder of all shards of labelled faces."""
        return self.root / "shards"

    def shard(self, kind: str, index: int) -> Path:
        """The folder of one shard. kind: `real` or `mixed`."""
        return self.shards / f"{kind}-{index:05d}"

    def student(self, name: str) -> StudentFolder:
        """The files of one student."""
        return StudentFolder(self.root / "students" / name)

    def pool(self, name: str) -> "WorkFolder":
        """The work folder of a pool (distill/label/pools.py)."""
        return WorkFolder(self.root / "pools" / name)

    def comparison(self, name: str) -> Path:
        """The folder of the tables and plots that compare the students of one configuration."""
        return self.root / name

    @property
    def test_features(self) -> Path:
        """The folder of cached features of the test; file names identify model, size and test."""
        return self.root / "evaluate" / "features"

    @property
    def evaluation(self) -> Path:
        """The folder of the evaluation's tables and plots."""
        return self.root / "evaluate"

    @property
    def landmarks_checkpoint(self) -> Path:
        """Weights of the landmark regressor, from which its training resumes."""
        return self.root / "landmarks" / "checkpoint.pt"

    @property
    def landmarks_log(self) -> Path:
        """Losses of the landmark regressor, as JSON lines."""
        return self.root / "landmarks" / "log.jsonl"
