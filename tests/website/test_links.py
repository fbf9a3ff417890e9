"""Links of the repository's pages lead to the right place on the site."""

import pytest

from website.links import linked_files, rewrite_links, site_uri
from website.source_pages import source_page


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("README.md", "index.md"),
        ("docs/events.md", "events.md"),
        ("docs/faces/Ada.jpg", "faces/Ada.jpg"),
        ("CHANGELOG.md", "CHANGELOG.md"),
        ("configs/example.yaml", "configs/example.yaml.md"),
        ("examples", "examples/index.md"),
    ],
)
def test_every_file_has_a_place(path: str, uri: str) -> None:
    assert site_uri(path) == uri


@pytest.mark.parametrize(
    ("origin", "link", "there"),
    [
        ("README.md", "docs/events.md#curve", "events.md#curve"),
        ("README.md", "docs/demo.jpg", "demo.jpg"),
        ("docs/models.md", "../README.md#limits", "index.md#limits"),
        ("docs/models.md", "../configs/recognizers", "configs/recognizers/index.md"),
        ("docs/training/results.md", "../../detectors/weights/glimpse_face.md", "../detectors/weights/glimpse_face.md"),
        ("detectors/weights/glimpse_face.md", "../../docs/credits.md", "../../credits.md"),
        ("docs/models.md", "#what-ships", "#what-ships"),
        ("docs/models.md", "https://zeromq.org", "https://zeromq.org"),
    ],
)
def test_a_link_leads_to_the_same_file(origin: str, link: str, there: str) -> None:
    assert rewrite_links(f"See [this]({link}).", origin) == f"See [this]({there})."


def test_code_blocks_stay_as_they_are_but_for_a_second_word_of_their_language() -> None:
    page = "```python\nx[1](../README.md)\n```\n\n```json event\n{}\n```\n"
    assert rewrite_links(page, "docs/a.md") == page.replace("json event", "json")
    assert list(linked_files(page, "docs/a.md")) == []


def test_a_page_shows_the_file() -> None:
    assert "node: entrance-pc" in source_page("configs/example.yaml")
    examples = source_page("examples")
    assert "## `compare_two_pictures.py`" in examples
    assert "### Find, enrol, identify" in examples
    assert "[docs/library.md](../library.md)" in examples
