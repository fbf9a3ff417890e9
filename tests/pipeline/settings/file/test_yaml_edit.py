"""One value changes; every other byte of the file stays."""

import pytest

from configs.strict_yaml import parse_yaml
from pipeline.settings.file.yaml_edit import NotEditableError, add_section, append, remove_item, remove_key, set_value

SITE = """\
# The shop.
decision:   # when a name is given
  false_alarm: 0.001   # one in a thousand

cameras:
  # at the street
  - name: door
    source: rtsp://user:${env:PASSWORD}@10.0.0.2/main   # Hikvision
    masks:
      - [[0, 0], [1, 0], [1, 0.2]]
      # the neighbour's window
      - [[0, 0.9], [1, 0.9], [1, 1]]
    # end of door
  - {name: till, source: "rtsp://10.0.0.3/"}

# last line
web:
"""
POLYGON = [[0.1, 0.2], [0.3, 0.2], [0.3, 0.4]]


def test_a_value_changes_in_place() -> None:
    assert set_value(SITE, ("decision", "false_alarm"), 0.01) == SITE.replace("0.001", "0.01")


def test_polygons_are_replaced_and_all_comments_around_stay() -> None:
    found = set_value(SITE, ("cameras", 0, "masks"), [POLYGON])
    assert parse_yaml(found)["cameras"][0]["masks"] == [POLYGON]
    for kept in ("# at the street", "# Hikvision", "    # end of door\n  - {name: till", "${env:PASSWORD}"):
        assert kept in found


def test_a_key_is_added_to_a_camera_in_lines_and_on_one_line() -> None:
    found = set_value(SITE, ("cameras", 0, "zones"), {"the till": POLYGON})
    assert "\n    zones: {the till: [[0.1, 0.2], [0.3, 0.2], [0.3, 0.4]]}\n" in found
    found = set_value(found, ("cameras", 1, "enabled"), False)
    assert '  - {name: till, source: "rtsp://10.0.0.3/", enabled: false}\n' in found


@pytest.mark.parametrize("path", [("faces", "interval"), ("web", "hosts"), ("decision", "margin"), ("node",)])
def test_a_section_that_is_missing_or_empty_is_filled(path: tuple[str, ...]) -> None:
    found = parse_yaml(set_value(SITE, path, 0.25))
    for step in path:
        found = found[step]
    assert found == 0.25


def test_a_camera_is_added_and_removed() -> None:
    added = append(SITE, ("cameras",), {"name": "yard", "source": "rtsp://10.0.0.4/"})
    assert parse_yaml(added)["cameras"][2] == {"name": "yard", "source": "rtsp://10.0.0.4/"}
    assert remove_item(added, ("cameras",), 2) == SITE
    less = remove_item(SITE, ("cameras",), 0)
    assert [camera["name"] for camera in parse_yaml(less)["cameras"]] == ["till"]
    assert "# The shop." in less
    assert parse_yaml(remove_item(less, ("cameras",), 0))["cameras"] == []


@pytest.mark.parametrize("text", ["", "# nothing\n", "cameras:\n", "cameras: []\n", "node: a"])
def test_the_first_camera_is_added(text: str) -> None:
    added = append(text, ("cameras",), {"source": "rtsp://10.0.0.4/", "name": "yard: 'x' # y"})
    assert parse_yaml(added)["cameras"] == [{"source": "rtsp://10.0.0.4/", "name": "yard: 'x' # y"}]


def test_line_breaks_of_windows_stay() -> None:
    found = set_value(SITE.replace("\n", "\r\n"), ("cameras", 0, "fps"), 5)
    assert found.count("\n") == found.count("\r\n")


def test_an_alias_is_not_changed_behind_anybody() -> None:
    text = "a: &x {m: 1}\nb: *x\n"
    with pytest.raises(NotEditableError, match="by hand"):
        set_value(text, ("b", "m"), 2)


def test_a_text_over_several_lines_before_it_stays() -> None:
    text = "mail:\n  text: |\n    one\n    two\n\n# end\n"
    assert set_value(text, ("mail", "to"), "x") == "mail:\n  text: |\n    one\n    two\n  to: x\n\n# end\n"


RULE = {"name": "Bob", "people": ["Bob"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1  # one\nalerts:\n  file: x\n",
            "a: 1  # one\nalerts:\n  file: x\n  rules:\n    - name: Bob\n      people: [Bob]\n",
        ),
        (
            "alerts:\n  rules: []   # none\nb: 2\n",
            "alerts:\n  rules:\n    - name: Bob\n      people: [Bob]   # none\nb: 2\n",
        ),
        ("alerts:\n  rules:\nb: 2\n", "alerts:\n  rules:\n    - name: Bob\n      people: [Bob]\nb: 2\n"),
        ("alerts:\r\n  file: x\r\n", "alerts:\r\n  file: x\r\n  rules:\r\n    - name: Bob\r\n      people: [Bob]\r\n"),
        ("alerts: {file: x}\n", "alerts: {file: x, rules: [{name: Bob, people: [Bob]}]}\n"),
        ("alerts:\n", "alerts: {rules: [{name: Bob, people: [Bob]}]}\n"),
    ],
)
def test_the_first_item_of_a_list_stands_in_lines_where_it_can(text: str, expected: str) -> None:
    assert append(text, ("alerts", "rules"), RULE) == expected


def test_a_section_is_added_at_the_end_in_lines() -> None:
    found = add_section("a: 1  # one", "alerts", {"file": "x", "rules": [RULE]})
    assert found == "a: 1  # one\nalerts:\n  file: x\n  rules:\n    - name: Bob\n      people: [Bob]\n"
    assert parse_yaml(add_section("", "alerts", {"file": "x"})) == {"alerts": {"file": "x"}}
    assert parse_yaml(add_section("alerts:\n", "alerts", {"file": "x"})) == {"alerts": {"file": "x"}}


def test_a_key_is_removed_with_its_value() -> None:
    text = (
        "list:\n  - a: 1  # one\n    b: [1, 2]\n    # of c\n    c: {d: 1}\n  - {a: 1, b: 2}\n  - only: 1\nz:\n  y: 1\n"
    )
    assert remove_key(text, ("list", 0, "b")) == text.replace("    b: [1, 2]\n", "")
    assert remove_key(text, ("list", 0, "c")) == text.replace("    c: {d: 1}\n", "")
    assert parse_yaml(remove_key(text, ("list", 0, "a")))["list"][0] == {"b": [1, 2], "c": {"d": 1}}
    assert remove_key(text, ("list", 1, "a")) == text.replace("{a: 1, b: 2}", "{b: 2}")
    for path in (("list", 2, "only"), ("z", "y")):
        with pytest.raises(NotEditableError, match="by hand"):
            remove_key(text, path)
