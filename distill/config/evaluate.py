"""What students are tested on."""

from typing import Annotated

from msgspec import Meta

from configs.fields import FilePath, Formerly
from distill.config.faces import TeacherSettings
from distill.config.fields import Count, Section


class EvaluateSettings(Section, frozen=True):
    """The test: LFW View 2 as aligned 112-pixel chips."""

    images: Annotated[FilePath, Meta(description="folder or zip of chips, Name/Name_0001.jpg; empty: no test")] = ""
    pairs: Annotated[FilePath, Meta(description="list of pairs in LFW's format")] = ""
    sizes: Annotated[
        tuple[Annotated[int, Meta(ge=4, le=112)], ...], Meta(description="face sizes to test at, pixels")
    ] = (112, 64, 32, 24, 20, 16, 12, 8)
    gallery_people: Annotated[
        Count, Meta(description="people enrolled in the identification test"), Formerly("gallery")
    ] = 1000
    peers: Annotated[tuple[TeacherSettings, ...], Meta(description="other recognisers to test beside ours")] = ()
