"""What is written for serving."""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import FilePath, Formerly
from distill.config.fields import Amount, Count, Section


class ExportSettings(Section, frozen=True):
    """The files that are made of trained students."""

    folder: Annotated[FilePath, Meta(description="where models, cards and the head are written")] = "weights"
    name: Annotated[str, Meta(description="first part of file names and model ids")] = "glimpse"
    lineage: Annotated[
        str, Meta(description="name of the embedding space in the models' metadata; empty: from the head")
    ] = ""
    int8_calibration_faces: Annotated[
        Count, Meta(description="faces that the int8 ranges are measured on"), Formerly("calibration")
    ] = 2048
    int8_activations: Annotated[
        Literal["u8", "s8"],
        Meta(description="unsigned or signed; unsigned is twice as fast on CPUs without VNNI, and as accurate"),
        Formerly("activations"),
    ] = "u8"
    max_int8_drop: Annotated[
        Amount,
        Meta(description="accuracy that int8 may lose against fp32, percentage points; more is an error"),
        Formerly("loss"),
    ] = 0.2
    max_int8_strict_drop: Annotated[
        Amount, Meta(description="strict rate that int8 may lose against fp32, percentage points; more is an error")
    ] = 1.0
