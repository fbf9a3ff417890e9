"""A built site that loads something from another server is refused."""

from pathlib import Path

import pytest

from website.check import find_faults, loaded_from_elsewhere


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script src="//cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<img src=" HTTPS://cdn.example/x.png">',
        '<div style="background: url(https://cdn.example/x.png)"></div>',
        "<style>@import 'https://cdn.example/x.css';</style>",
        '<pre class="mermaid">flowchart LR</pre>',
    ],
)
def test_what_a_browser_would_load_from_elsewhere_is_found(html: str) -> None:
    assert len(loaded_from_elsewhere(html)) == 1


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://zeromq.org">ZeroMQ</a>',
        '<script src="assets/x.js"></script>',
        '<link rel="canonical" href="https://glimpse.example/">',
        "<style>body { color: red }</style>",
        "<p>url(https://cdn.example)</p>",
    ],
)
def test_links_and_files_of_the_site_are_no_fault(html: str) -> None:
    assert loaded_from_elsewhere(html) == []


def test_styles_are_read_too_and_an_empty_folder_is_no_site(tmp_path: Path) -> None:
    assert [fault.endswith("build the site first") for fault in find_faults(tmp_path)] == [True]
    (tmp_path / "index.html").write_text("<p>")
    (tmp_path / "a.css").write_text("@font-face { src: url('https://fonts.example/a.woff2') }")
    assert [fault.partition(": ")[2] for fault in find_faults(tmp_path)] == ["https://fonts.example/a.woff2"]
