"""Changes one value in YAML text, and nothing else of it: comments, order and layout of the rest stay, byte for byte.

PyYAML says where each value stands in the text. What comes out is parsed again and must be what was meant; text in
which that fails, such as one with aliases there, is refused.
"""

import copy
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from configs.strict_yaml import parse_yaml

Path = tuple[str | int, ...]
EVERYTHING = 10**9
BY_HAND = "expected a plain value there, without alias or merge; edit the file by hand"


class NotEditableError(ValueError):
    """The text cannot be changed there without changing more."""


def set_value(text: str, path: Path, value: Any) -> str:
    """The text with a value in place of another, or added. Raises NotEditableError, and yaml.YAMLError."""
    wanted = _unshared(parse_yaml(text) or {})
    _assign(wanted, path, value)
    return _checked(_set(text, path, value), wanted)


def append(text: str, path: Path, value: dict[str, Any]) -> str:
    """The text with a mapping more at the end of a list, which need not be there yet. Raises as `set_value`."""
    wanted = _unshared(parse_yaml(text) or {})
    before = _get(wanted, path) or []
    _assign(wanted, path, [*before, value])
    node = _find(text, path)
    if isinstance(node, SequenceNode) and node.value and not node.flow_style:
        at = _line_end(text, _end(text, node.value[-1]))
        return _checked(f"{text[:at]}{_lines_of(text, [value], node.start_mark.column)}{text[at:]}", wanted)
    above = _find(text, path[:-1])
    if not before and len(path) > 1 and isinstance(above, MappingNode) and above.value and not above.flow_style:
        return _checked(_begin_list(text, above, node, str(path[-1]), value), wanted)
    return _checked(_set(text, path, [*before, value]), wanted)


def add_section(text: str, name: str, values: dict[str, Any]) -> str:
    """The text with one more section at its end, its lists of mappings in lines. Raises as `set_value`."""
    wanted = _unshared(parse_yaml(text) or {})
    _assign(wanted, (name,), values)
    if _find(text, (name,)) is not None or not text.strip():
        return _checked(_set(text, (name,), values), wanted)
    lines = [f"{name}:", *(_entry(key, value, 2) for key, value in values.items())]
    end = "" if text.endswith("\n") else _newline(text)
    return _checked(f"{text}{end}{_in_lines(chr(10).join(lines), text)}{_newline(text)}", wanted)


def remove_key(text: str, path: Path) -> str:
    """The text without one key of a mapping, and its value. Raises as `set_value`."""
    wanted = _unshared(parse_yaml(text) or {})
    del _get(wanted, path[:-1])[path[-1]]
    parent = _find(text, path[:-1])
    if not isinstance(parent, MappingNode):
        raise NotEditableError(BY_HAND)
    if parent.flow_style:
        return _checked(_set(text, path[:-1], _get(wanted, path[:-1])), wanted)
    at = next(number for number, (key, _) in enumerate(parent.value) if key.value == path[-1])
    key, value = parent.value[at]
    start = key.start_mark.index
    if text[:start].rpartition("\n")[2].strip():  # behind the dash of a list: the next key moves up to it
        if at + 1 == len(parent.value):
            raise NotEditableError(BY_HAND)
        return _checked(text[:start] + text[parent.value[at + 1][0].start_mark.index :], wanted)
    end = text.find("\n", _end(text, value))
    return _checked(text[: text.rfind("\n", 0, start) + 1] + (text[end + 1 :] if end >= 0 else ""), wanted)


def remove_item(text: str, path: Path, index: int) -> str:
    """The text without one item of a list. Raises as `set_value`."""
    wanted = _unshared(parse_yaml(text) or {})
    rest = list(_get(wanted, path))
    del rest[index]
    _assign(wanted, path, rest)
    node = _find(text, path)
    if not isinstance(node, SequenceNode) or node.flow_style or not rest:
        return _checked(_set(text, path, rest), wanted)
    item = node.value[index]
    start = text.rfind("\n", 0, text.rfind("-", 0, item.start_mark.index)) + 1
    end = text.find("\n", _end(text, item))
    return _checked(text[:start] + (text[end + 1 :] if end >= 0 else ""), wanted)


def _set(text: str, path: Path, value: Any) -> str:
    node = _find(text, path)
    if node is not None:
        return _replace(text, node, value)
    *above, key = path
    parent = _find(text, tuple(above)) if above else _root(text)
    if parent is None or (isinstance(parent, ScalarNode) and not parent.value):
        return _set(text, tuple(above), {key: value}) if above else f"{text}{_block({key: value}, 0)}\n"
    if not isinstance(parent, MappingNode) or not parent.value:
        return _replace(text, parent, {key: value})
    return _insert(text, parent, {key: value})


def _replace(text: str, node: Node, value: Any) -> str:
    start, end = node.start_mark.index, _end(text, node)
    before = text[:start]
    is_empty = start == end
    return f"{before}{' ' if is_empty else ''}{_flow(value)}{text[end:]}"


def _insert(text: str, parent: MappingNode, entry: dict[Any, Any]) -> str:
    last = _end(text, parent.value[-1][1])
    if parent.flow_style:
        return f"{text[:last]}, {_flow(entry)[1:-1]}{text[last:]}"
    at = _line_end(text, last)
    block = _in_lines(_block(entry, parent.value[0][0].start_mark.column), text)
    return f"{text[:at]}{_newline(text)}{block}{text[at:]}"


def _begin_list(text: str, parent: MappingNode, node: Node | None, key: str, value: dict[str, Any]) -> str:
    """A list of one mapping, in lines, in the place of none or an empty one."""
    column = parent.value[0][0].start_mark.column
    if node is None:
        at = _line_end(text, _end(text, parent.value[-1][1]))
        return f"{text[:at]}{_newline(text)}{_in_lines(_entry(key, [value], column), text)}{text[at:]}"
    before = text[: node.start_mark.index].rstrip(" ")
    return f"{before}{_lines_of(text, [value], column + 2)}{text[_end(text, node) :]}"


def _lines_of(text: str, value: Any, column: int) -> str:
    """A list of mappings in lines of their own, as the text breaks them."""
    return f"{_newline(text)}{_in_lines(_block(value, column), text)}"


def _entry(key: str, value: Any, indent: int) -> str:
    """A key with its value: a list of mappings in lines, anything else on the same one."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return f"{' ' * indent}{_flow(key)}:\n{_block(value, indent + 2)}"
    return _block({key: value}, indent)


def _root(text: str) -> Node | None:
    root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    return root


def _find(text: str, path: Path) -> Node | None:
    """The node at a path; None where there is none."""
    node = _root(text)
    for step in path:
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node


def _end(text: str, node: Node) -> int:
    """Where a value ends in the text; block collections of PyYAML end behind the comments that follow."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _end(text, node.value[-1][1])
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _end(text, node.value[-1])
    end = int(node.end_mark.index)
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return int(node.start_mark.index) + len(text[node.start_mark.index : end].rstrip())
    return end


def _line_end(text: str, at: int) -> int:
    """The end of the line, or of the text, in which a place lies; before its line break."""
    found = text.find("\n", at)
    end = len(text) if found < 0 else found
    return end - 1 if text[:end].endswith("\r") else end


def _flow(value: Any) -> str:
    """A value on one line."""
    dumped = yaml.safe_dump(value, default_flow_style=True, width=EVERYTHING, allow_unicode=True, sort_keys=False)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _block(value: Any, indent: int) -> str:
    """A mapping, or a list of mappings, in lines; what is in them on one line each."""
    if isinstance(value, list):
        return "\n".join(f"{' ' * indent}- {_block(item, indent + 2).lstrip()}" for item in value)
    return "\n".join(f"{' ' * indent}{_flow(key)}: {_flow(inner)}" for key, inner in value.items())


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _in_lines(block: str, text: str) -> str:
    return block.replace("\n", _newline(text))


def _unshared(plain: Any) -> Any:
    """A copy in which what an alias repeats is there as often as it is named."""
    if isinstance(plain, dict):
        return {key: _unshared(value) for key, value in plain.items()}
    return [_unshared(value) for value in plain] if isinstance(plain, list) else plain


def _get(plain: Any, path: Path) -> Any:
    for step in path:
        plain = plain.get(step) if isinstance(plain, dict) else plain[step] if plain else None
    return plain


def _assign(plain: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        if isinstance(plain, dict) and plain.get(step) is None:
            plain[step] = {}
        plain = plain[step]
    plain[path[-1]] = copy.deepcopy(value)


def _checked(text: str, wanted: Any) -> str:
    try:
        found = parse_yaml(text)
    except (ValueError, yaml.YAMLError):
        found = None
    if found != wanted:
        raise NotEditableError(BY_HAND)
    return text
