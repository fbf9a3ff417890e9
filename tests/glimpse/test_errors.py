"""Every error of the library is also the built-in one that a caller would expect."""

import pytest

import glimpse
from glimpse.errors import translate


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("PictureError", ValueError),
        ("PictureMissingError", FileNotFoundError),
        ("ModelError", ValueError),
        ("ModelMissingError", FileNotFoundError),
        ("GalleryError", ValueError),
        ("GalleryMissingError", FileNotFoundError),
        ("GalleryBusyError", TimeoutError),
        ("PersonMissingError", KeyError),
        ("SourceError", OSError),
        ("SourceMissingError", FileNotFoundError),
        ("SettingsError", ValueError),
    ],
)
def test_an_error_can_be_caught_as_either(name: str, builtin: type[Exception]) -> None:
    kind = getattr(glimpse, name)
    assert issubclass(kind, glimpse.GlimpseError)
    with pytest.raises(builtin) as caught:
        raise kind("a sentence")
    assert str(caught.value) == "a sentence"


def test_known_errors_become_errors_of_the_library_and_others_stay() -> None:
    kinds = {"missing": glimpse.GalleryMissingError, "busy": glimpse.GalleryBusyError}
    for error, expected in (
        (ValueError("x"), glimpse.GalleryError),
        (FileNotFoundError("x"), glimpse.GalleryMissingError),
        (TimeoutError("x"), glimpse.GalleryBusyError),
        (PermissionError("x"), glimpse.GalleryError),
        (glimpse.PictureError("x"), glimpse.PictureError),
        (ZeroDivisionError("x"), ZeroDivisionError),
    ):
        with pytest.raises(expected) as caught, translate(glimpse.GalleryError, **kinds):
            raise error
        assert type(caught.value) is expected
