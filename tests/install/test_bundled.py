"""Shared libraries of others inside wheels."""

from pathlib import Path

from install.bundled import describe_bundled


def test_libraries_are_listed_by_package_without_the_hashes_of_their_names(tmp_path: Path) -> None:
    for name in (
        "av.libs/libx264-d6533a8d.so.165",
        "av.libs/libdav1d-f4b27961.so.7.0.0",
        "av.libs/libxcb-shm-0be6dfbf.so.0.0.0",
        "psycopg_binary.libs/libssl-81259c47.so.1.1.1k",
        "a.libs/libopenblasp-r0-59ffcd50.3.15.so",
        "a.libs/README",
        "b.libs/README",
        "plain/libzmq.so.5",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    rows = [line for line in describe_bundled(tmp_path).splitlines() if line.startswith("| ")][2:]
    assert rows == [
        "| a | openblasp-r0 | not looked up |",
        "| av | x264 | GPL-2.0-or-later |",
        "| av | dav1d, xcb-shm | not looked up |",
        "| psycopg-binary | ssl | OpenSSL |",
    ]


def test_what_is_under_the_gpl_is_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "THIRD_PARTY.md").read_text(encoding="utf-8")
    assert "| av | x264 | GPL-2.0-or-later |" in page
    assert "| av | x265 | GPL-2.0-or-later |" in page
    assert "| pyzmq | zmq | MPL-2.0 |" in page


def test_a_python_without_such_folders_has_an_empty_table(tmp_path: Path) -> None:
    assert describe_bundled(tmp_path).count("\n|") == 2
