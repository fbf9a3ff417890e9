"""Flags of a command come from the declarations of fields."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from cyclopts import App, CycloptsError
from msgspec import Meta

from configs.command_line import accept_flags, describe_mistake, fill_bare_flags
from configs.fields import Flag, Unit, list_flags
from configs.schema import settings_tables


class Section(msgspec.Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1, description="at most 100%"), Unit("px"), Flag("--size-limit", "sizes")] = 5
    plain: int = 0


class Toy(msgspec.Struct, frozen=True):
    """A struct with a flag of each kind."""

    mode: Annotated[Literal["a", "b"], Meta(description="way"), Flag("--mode", "ways")] = "a"
    names: Annotated[list[str], Flag("--name", "ways", "NAME")] = []
    folder: Annotated[Path | None, Flag("--folder", "ways", "DIR")] = None
    loud: Annotated[bool, Flag("--loud", "ways")] = False
    video: Annotated[str | None, Flag("--video", "ways", "MP4", bare="")] = None
    section: Section = Section()


FLAGS = list_flags(Toy)


@pytest.fixture
def app() -> App:
    def command(*words: str, **flags: Any) -> dict[str, Any]:
        return flags | ({"words": words} if words else {})

    accept_flags(command, FLAGS, ["sizes", "ways"])
    return App(name="toy", default_command=command, help_format="plaintext", result_action="return_value")


def read(app: App, *arguments: str) -> Any:
    return app(fill_bare_flags(arguments, FLAGS), print_error=False, exit_on_error=False)


def test_a_declared_field_is_all_that_a_flag_and_its_documentation_need(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "--size-limit PX at most 100% (default: 5)" in text
    assert text.index("sizes") < text.index("ways"), "headings in the order given"
    assert read(app, "--size-limit", "7") == {"size_limit": 7}
    assert "| `limit` | integer, ≥ 1 | px | `5` | `--size-limit` | at most 100% |" in settings_tables(Toy)


def test_values_have_the_type_of_their_field(app: App) -> None:
    arguments = ["one", "--mode", "b", "--name", "x", "--name", "y", "two", "--folder", "f", "--loud", "--video"]
    assert read(app, *arguments) == {
        "mode": "b",
        "name": ["x", "y"],
        "folder": Path("f"),
        "loud": True,
        "video": "",
        "words": ("one", "two"),
    }


def test_what_is_not_given_is_not_set(app: App) -> None:
    assert read(app) == {}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--video",), {"video": ""}),
        (("--video", "--loud"), {"video": "", "loud": True}),
        (("--video", "a.mp4"), {"video": "a.mp4"}),
        (("--video=a.mp4", "b"), {"video": "a.mp4", "words": ("b",)}),
    ],
)
def test_a_bare_flag_stands_for_its_value(app: App, arguments: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert read(app, *arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--size-limit", "p/w?"), 'unable to convert "***"'),
        (("--size-limit=cam://p/w?"), 'unable to convert "URL"'),
        (("--fodler=p/w?",), "Unknown option: --fodler=***."),
        (("--lod",), "Unknown option: --lod. Did you mean --loud?"),
    ],
)
def test_a_mistake_shows_no_odd_argument(app: App, arguments: tuple[str, ...] | str, expected: str) -> None:
    with pytest.raises(CycloptsError) as caught:
        read(app, *([arguments] if isinstance(arguments, str) else arguments))
    text = describe_mistake(caught.value, lambda url: "URL")
    assert expected in text
    assert "p/w" not in text
