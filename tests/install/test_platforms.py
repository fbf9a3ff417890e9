"""Which wheel runs where."""

import pytest

from install.downloads import choose_file
from install.index import File
from install.platforms import PLATFORMS, kind_of

LINUX, ARM, MAC, WINDOWS = PLATFORMS


@pytest.mark.parametrize(
    ("name", "python", "platform", "kind"),
    [
        ("a-1-cp314-cp314-manylinux_2_28_x86_64.whl", "3.14", LINUX, "wheel"),
        ("a-1-cp314-cp314t-manylinux_2_28_x86_64.whl", "3.14", LINUX, "none"),
        ("a-1-cp313-cp313-manylinux_2_28_x86_64.whl", "3.14", LINUX, "none"),
        ("a-1-cp37-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "3.14", LINUX, "wheel"),
        ("a-1-cp312-abi3-manylinux_2_28_x86_64.whl", "3.11", LINUX, "none"),
        ("a-1-cp312-abi3-manylinux_2_28_aarch64.whl", "3.13", ARM, "wheel"),
        ("a-1-cp312-abi3-manylinux_2_28_aarch64.whl", "3.13", LINUX, "none"),
        ("a-1-cp312-cp312-musllinux_1_2_x86_64.whl", "3.12", LINUX, "none"),
        ("a-1-cp312-cp312-macosx_11_0_universal2.whl", "3.12", MAC, "wheel"),
        ("a-1-cp312-cp312-win_amd64.whl", "3.12", WINDOWS, "wheel"),
        ("a-1-py3-none-any.whl", "3.14", WINDOWS, "wheel"),
        ("a-1-py2.py3-none-any.whl", "3.14", ARM, "wheel"),
        ("a-1.tar.gz", "3.14", ARM, "source"),
    ],
)
def test_the_tags_of_a_wheel_say_where_it_runs(name: str, python: str, platform: object, kind: str) -> None:
    assert kind_of([File(name, 1)], python, platform) == kind  # type: ignore[arg-type]


def test_a_wheel_comes_before_the_source() -> None:
    files = [File("a-1.tar.gz", 1), File("a-1-py3-none-any.whl", 2)]
    assert choose_file(files).size == 2
