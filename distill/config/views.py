"""How faces are mixed and degraded."""

from typing import Annotated

from msgspec import Meta

from configs.fields import Formerly
from distill.config.fields import Amount, Count, FromPixels, Pixels, Section, Share, ToPixels


class MixSettings(Section, frozen=True):
    """Function matching: what happens to a face before teacher and student both see it."""

    blend: Annotated[Share, Meta(description="share of faces that are blended with another face")] = 0.7
    warp: Annotated[Share, Meta(description="share of faces that are warped")] = 0.8
    warp_px: Annotated[
        Amount, Meta(description="standard deviation of the smooth displacement, pixels of a 112-pixel chip")
    ] = 4.0
    colour: Annotated[Share, Meta(description="share of faces that are recoloured")] = 0.5
    flip: Annotated[Share, Meta(description="share of faces that are mirrored")] = 0.5


class DegradeSettings(Section, frozen=True):
    """How a sharp face becomes a small view of it."""

    from_px: FromPixels = 8
    to_px: ToPixels = 24
    native_size: Annotated[
        Share,
        Meta(description="share of degraded views drawn at exactly the student's input size"),
        Formerly("native"),
    ] = 0.5
    area_only: Annotated[
        Share,
        Meta(description="share of views that are only resized by area, as serving does with a sharp frame"),
        Formerly("area"),
    ] = 0.5
    shift: Annotated[Amount, Meta(description="misalignment: shift, standard deviation, share of the chip's side")] = (
        0.03
    )
    scale: Annotated[Amount, Meta(description="misalignment: logarithm of the scale, standard deviation")] = 0.03
    rotate_degrees: Annotated[
        Amount, Meta(description="misalignment: rotation, standard deviation, degrees"), Formerly("rotate")
    ] = 2.0
    blur: Annotated[Share, Meta(description="share of views with defocus")] = 0.2
    motion: Annotated[Share, Meta(description="share of views with motion blur")] = 0.1
    noise: Annotated[Share, Meta(description="share of views with sensor noise")] = 0.2
    gamma: Annotated[Share, Meta(description="share of views with another gamma")] = 0.3
    jpeg: Annotated[Share, Meta(description="share of views compressed as JPEG")] = 0.2
    h264: Annotated[
        Share,
        Meta(
            description="share of views that went through a real H.264 encoder; where OpenCV makes the views, share of "
            "batches compressed as one frame"
        ),
    ] = 0.0
    h264_views: Annotated[Count, Meta(description="compressed views that are stored, to draw that share from")] = 16_384
    enlarged: Annotated[
        Share,
        Meta(
            description="share of views that are shrunk by area to fewer pixels than the input has, and enlarged by "
            "cubic interpolation"
        ),
    ] = 0.0
    enlarged_from_px: Annotated[Pixels, Meta(description="enlarged: lowest face height, pixels")] = 8
    enlarged_to_px: Annotated[Pixels, Meta(description="enlarged: greatest face height, pixels")] = 16
    light: Annotated[Share, Meta(description="share of views with another contrast and brightness")] = 0.0
    grey: Annotated[Share, Meta(description="share of views without colour")] = 0.0
    detector_alignment: Annotated[
        Share,
        Meta(
            description="share of views misaligned as the embedded detector misaligns them, by measured errors "
            "(distill/data/detector_errors.py) instead of `shift`, `scale` and `rotate_degrees`"
        ),
    ] = 0.0
    footage: Annotated[
        Share,
        Meta(description="share of views that look like video: lens blur, noise, H.264 (distill/data/footage.py)"),
    ] = 0.0
    infrared: Annotated[
        Share, Meta(description="share of views that look like near infrared (distill/data/infrared.py)")
    ] = 0.0
