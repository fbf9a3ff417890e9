"""What faces are learnt from, and by which teachers."""

from typing import Annotated, Literal

from msgspec import Meta

from configs.fields import FilePath, Formerly, ModelPath
from distill.config.fields import Cosine, Section, Whole

Licence = Annotated[str, Meta(description="licence of these pictures, as model cards state it; empty: not stated")]
UsedFor = Annotated[
    str, Meta(description="what that licence allows to be made of it, as model cards state it; empty: not stated")
]


class SourceSettings(Section, frozen=True):
    """One source of faces."""

    path: Annotated[FilePath, Meta(description="folder or zip of images")]
    people: Annotated[
        Literal["none", "folder", "name"],
        Meta(description="where a person's name stands: nowhere, in the folder's name or in the file's name"),
    ] = "none"
    aligned: Annotated[
        bool, Meta(description="true: aligned faces; false: whole photographs, in which faces.detector finds the faces")
    ] = True
    licence: Licence = ""
    may_be_used_for: UsedFor = ""


class ExcludeSettings(Section, frozen=True):
    """Which faces are kept out of training because they may show a person of the test."""

    images: Annotated[FilePath, Meta(description="faces of the test, folder or zip; empty: exclude nobody")] = ""
    similarity: Annotated[Cosine, Meta(description="exclude faces whose teacher cosine with a test face is higher")] = (
        0.5
    )
    by_name: Annotated[
        bool, Meta(description="exclude faces that carry the name of a test person"), Formerly("names")
    ] = True


class FacesSettings(Section, frozen=True):
    """Which faces are prepared."""

    sources: Annotated[tuple[SourceSettings, ...], Meta(description="where the faces come from")]
    detector: Annotated[
        ModelPath, Meta(description="ONNX file or pack:NAME that finds the faces in sources with aligned: false")
    ] = ""
    limit: Annotated[Whole, Meta(description="faces kept of each source; 0: all")] = 0
    exclude: ExcludeSettings = ExcludeSettings()
    measure_share: Annotated[
        float,
        Meta(
            ge=0,
            le=0.5,
            description="share of the people whom no student learns from, so that the stage `calibrate` can measure "
            "with them; a picture without a name counts as one person; 0: none",
        ),
    ] = 0.0


class TeacherSettings(Section, frozen=True):
    """One recogniser to learn from. Several form an ensemble: their weighted unit vectors are concatenated."""

    model: Annotated[
        ModelPath, Meta(description="ONNX file, or pack:NAME or pack:/folder for the recogniser of an insightface pack")
    ]
    chip_spec: Annotated[
        FilePath, Meta(description="YAML file with the model's preprocessing; empty: the model's own metadata")
    ] = ""
    weight: Annotated[float, Meta(gt=0, description="factor of this teacher's unit vectors in an ensemble")] = 1.0
    licence: Annotated[str, Meta(description="the teacher's licence, as model cards state it")] = "not stated"
    may_be_used_for: UsedFor = ""
