"""Reads YAML text as plain data, and refuses what no settings need and what would hang or end the program.

PyYAML's safe loader keeps the last of two equal keys, expands aliases without limit, recurses as deep as the text
nests, and makes text of lone surrogates, which cannot be written anywhere.
"""

from collections.abc import Hashable
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

MAX_CHARACTERS = 8_000_000  # a calibration has a few hundred thousand
MAX_DEPTH = 40  # mappings and lists inside each other
MAX_NODES = 1_000_000  # with every alias replaced by what it stands for
MAX_DIGITS = 400  # of one number


def parse_yaml(text: str) -> Any:
    """Plain data of one YAML document; None for empty text. Raises yaml.YAMLError."""
    if len(text) > MAX_CHARACTERS:
        raise yaml.YAMLError(f"expected at most {MAX_CHARACTERS:,} characters, got {len(text):,}")
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader with these limits."""

    _depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Compose one node. Raises ComposerError where nodes nest too deep."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ComposerError(None, None, f"nested deeper than {MAX_DEPTH}", self.get_mark())
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def get_single_node(self) -> Node | None:
        """The document's node. Raises ComposerError where its aliases are endless or stand for too much."""
        node = super().get_single_node()
        if node is not None and _count_nodes(node, {}) > MAX_NODES:
            raise ComposerError(None, None, f"its aliases stand for more than {MAX_NODES:,} values", node.start_mark)
        return node

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping. Raises ConstructorError for a key given twice; one merged by `<<` may be given again."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value if isinstance(node, MappingNode) else []:
            name = (key.tag, key.value) if isinstance(key, ScalarNode) else None
            if name in seen:
                raise ConstructorError(None, None, "a key is given twice", key.start_mark)
            seen |= {name} if name else set()
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: ScalarNode | MappingNode) -> Any:
        """The text of a value. Raises ConstructorError for text that is not Unicode, and for endless numbers."""
        if isinstance(node, MappingNode):  # `=`, which stands for a value inside a mapping
            return super().construct_scalar(node)
        try:
            node.value.encode()
        except UnicodeEncodeError:
            raise ConstructorError(None, None, "expected Unicode text, got a lone surrogate", node.start_mark) from None
        if node.tag.endswith((":int", ":float")) and len(node.value) > MAX_DIGITS:
            raise ConstructorError(None, None, f"a number of more than {MAX_DIGITS} digits", node.start_mark)
        return super().construct_scalar(node)


def _count_nodes(node: Node, counted: dict[int, int]) -> int:
    """Nodes with every alias replaced. Raises ComposerError for one that stands for something it is part of."""
    if not isinstance(node, CollectionNode):
        return 1
    if (known := counted.get(id(node))) is not None:
        if known == 0:
            raise ComposerError(None, None, "an alias stands for something it is part of", node.start_mark)
        return known
    counted[id(node)] = 0
    pairs = isinstance(node, MappingNode)
    inner = [part for pair in node.value for part in pair] if pairs else node.value
    counted[id(node)] = 1 + sum(_count_nodes(part, counted) for part in inner)
    return counted[id(node)]
