"""The labelled faces of several students. Those that learn from the same faces share them, on disk and on a device."""

from pathlib import Path

import torch

from distill.adapt.head import Head
from distill.config import Settings
from distill.data.held_out import load_held_out
from distill.errors import DistillError
from distill.label.pools import settings_in_pool
from distill.training.dataset import FaceDataset
from distill.training.device_faces import DeviceFaces, load_device_faces
from distill.work_folder import WorkFolder


class SharedFaces:
    """Opens labelled faces, and keeps those that were opened last. A GPU takes ten seconds for 17 GB of them."""

    def __init__(self) -> None:
        self._key: object = None
        self._faces: FaceDataset | None = None
        self._on_device: DeviceFaces | None = None

    def open(self, settings: Settings, name: str, head: Head) -> FaceDataset:
        """The faces that a student learns from. Raises DistillError if they lack the targets that it needs."""
        options = settings.students[name]
        sharp_only = options.low_target_share == (0.0, 0.0)
        key = (options.pool, options.adapt, sharp_only, options.faces, options.sources)
        if self._faces is None or key != self._key:
            self._key, self._faces, self._on_device = key, None, None  # frees what was open first
            work = WorkFolder(Path(settings_in_pool(settings, options.pool).work))
            self._faces = FaceDataset(work, head, sharp_only=sharp_only, limit=options.faces, kinds=options.sources)
        self._faces.refresh()
        if not (sharp_only or self._faces.has_low_targets):
            raise DistillError(
                f"students.{name}.low_target_share: expected faces with low targets, got none; "
                "label.low_targets makes them"
            )
        return self._faces

    def on_device(self, settings: Settings, name: str, device: torch.device) -> DeviceFaces:
        """The faces opened last, on a device, without those that are held out. Raises DistillError."""
        assert self._faces is not None
        if self._on_device is None:
            work = WorkFolder(Path(settings_in_pool(settings, settings.students[name].pool).work))
            self._on_device = load_device_faces(self._faces, load_held_out(work), device)
        return self._on_device
