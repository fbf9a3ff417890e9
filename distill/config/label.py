"""What is labelled, and other sets of labelled faces."""

from typing import Annotated

from msgspec import Meta

from configs.fields import Formerly
from distill.config.faces import TeacherSettings
from distill.config.fields import Count, Pixels, Section, Share, Whole
from distill.config.views import MixSettings


class LabelSettings(Section, frozen=True):
    """Faces with teacher features, kept in shards. Every usable prepared face is labelled."""

    synthetic_faces: Annotated[
        Whole, Meta(description="mixed faces to label in addition to the prepared ones"), Formerly("faces")
    ] = 1_000_000
    shard_faces: Annotated[Count, Meta(description="faces per shard"), Formerly("shard")] = 2048
    low_targets: Annotated[
        bool,
        Meta(description="label each face at low_px too; without it sharp_target_share must be 1"),
        Formerly("low"),
    ] = True
    low_px: Annotated[Pixels, Meta(description="side of the face behind a low target, pixels")] = 16
    sharp_target_share: Annotated[
        Share, Meta(description="share of the shards of mixed faces with sharp targets"), Formerly("sharp")
    ] = 0.25
    stored_px: Annotated[
        int,
        Meta(ge=32, le=112, description="side at which sharp faces are stored for students, pixels"),
        Formerly("master"),
    ] = 80
    mix: MixSettings = MixSettings()


class PoolSettings(Section, frozen=True):
    """Other labelled faces, for comparisons (distill/label/pools.py)."""

    faces: Annotated[Count, Meta(description="prepared faces copied into the pool, at random")]
    teachers: Annotated[tuple[TeacherSettings, ...], Meta(description="teachers of the pool; empty: as above")] = ()
    label: LabelSettings = LabelSettings(synthetic_faces=0)
