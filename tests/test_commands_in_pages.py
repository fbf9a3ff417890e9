"""Every command line of README.md and docs/ is one that its program accepts; none is run."""

from pathlib import Path

import pytest

from tests.command_lines import (
    ROOT,
    commands_in_blocks,
    commands_in_spans,
    find_mistake,
    find_mistake_of_mention,
    needs_torch,
)

PAGES = sorted([ROOT / "README.md", *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PAGES = [page for page in dict.fromkeys(PAGES) if page.name != "CHANGELOG.md"]  # which names what is gone


def mistakes(page: Path) -> list[str]:
    """A line for each command of a page that is wrong."""
    text = page.read_text(encoding="utf-8")
    if page.name == "errors.md":  # lists messages, which are no commands
        text = "\n".join(line for line in text.splitlines() if not line.startswith("- `"))
    blocks = ((line, find_mistake) for line in commands_in_blocks(text))
    spans = ((line, find_mistake_of_mention) for line in commands_in_spans(text))
    found = ((line, find(line)) for line, find in [*blocks, *spans] if not needs_torch(line))
    return [f"{line}: {mistake}" for line, mistake in found if mistake]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_program_accepts_every_command(page: Path) -> None:
    assert mistakes(page) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("glimpse run x.mp4 --galery p.db", "--galery"),
        ("glimpse wach tcp://127.0.0.1:5556", "watch"),
        ("glimpse people rename Ada --gallery p.db", "people rename needs NEW"),
        ("python run_pipeline.py --sorce x.mp4", "--sorce"),
        ("python -m pipeline.watch tcp://127.0.0.1:5556 --cuont 1", "--cuont"),
        ("python -m pipeline.erase", "required"),
        ("python -m pipeline.nothing", "no such module"),
        ("python examples/nothing.py", "no such file"),
        ("make dmeo", "no target dmeo"),
        ("make demo SAUCE=x.mp4", "no variable SAUCE"),
        ("pip install '.[hiec]'", "no extra hiec"),
        ("pip install '/path/to/glimpse.whl[hiec]'", "no extra hiec"),
        ("pip install 'glimpse-faces[hiec] @ git+file:///path/to/clone'", "no extra hiec"),
        ("pip install 'glimpse-faces[heic]'", "on no package index"),
        ("pip install glimpse-faces", "on no package index"),
        ("pip install -r requirements/nothing.txt", "no file"),
        ("gimpse run x.mp4", "not a known program"),
    ],
)
def test_a_wrong_command_is_noticed(line: str, said: str) -> None:
    assert said in find_mistake(line)


@pytest.mark.parametrize(
    "line",
    [
        "glimpse run x.mp4 --gallery p.db --report out/x   # a comment",
        "python -m recognizer.calibrate --recognizer R.onnx [--chip-spec YAML] --data people.zip --out c.yaml",
        "glimpse-env/bin/glimpse --help",
        "pip install 'glimpse-faces[room] @ git+file:///path/to/clone'",
        "pip install '/path/to/glimpse_faces-0.5.0-py3-none-any.whl[room,heic]'",
        "make demo SOURCE=x.mp4",
    ],
)
def test_a_right_one_is_not(line: str) -> None:
    assert find_mistake(line) == ""
