"""The public surface of a module as lines of text: `find(picture, *, detector=)`, `Face.box`.

Records that programs only receive, such as events, are listed by their fields: how they are made is no promise.
"""

import inspect
from collections.abc import Iterator
from types import ModuleType

SIGNS: dict[object, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def surface(module: ModuleType) -> list[str]:
    """A line for each name in the module's `__all__`, and for each public member of its classes."""
    return [line for name in module.__all__ for line in _lines(name, getattr(module, name))]


def _lines(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value) and not issubclass(value, BaseException):
        yield name + ("" if _is_record(value) else _parameters(value))
        for member in sorted(_members(value)):
            found = inspect.getattr_static(value, member, None)
            yield f"{name}.{member}" + (_parameters(found) if _is_method(found) else "")
    else:
        yield name + (_parameters(value) if inspect.isfunction(value) else "")


def _members(kind: type) -> set[str]:
    own = [base for base in kind.__mro__ if not base.__module__.startswith(("builtins", "msgspec", "typing", "enum"))]
    names = {name for base in own for name in (*vars(base), *getattr(base, "__annotations__", ()))}
    return {name for name in names if not name.startswith("_")}


def _is_record(kind: type) -> bool:
    return any(hasattr(kind, mark) for mark in ("__dataclass_fields__", "__struct_fields__", "_fields"))


def _is_method(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, classmethod | staticmethod)


def _parameters(value: object) -> str:
    """The names of parameters, without `self` and `cls`; nothing where Python does not know them."""
    function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    try:
        parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    return f"({', '.join(_shown([each for each in parameters if each.name not in ('self', 'cls')]))})"


def _shown(parameters: list[inspect.Parameter]) -> Iterator[str]:
    """As in a signature, without types and defaults; = stands behind what may be left out."""
    kinds = [each.kind for each in parameters]
    for at, each in enumerate(parameters):
        if each.kind is each.KEYWORD_ONLY and each.KEYWORD_ONLY not in kinds[:at] and each.VAR_POSITIONAL not in kinds:
            yield "*"
        yield SIGNS.get(each.kind, "") + each.name + ("" if each.default is each.empty else "=")
