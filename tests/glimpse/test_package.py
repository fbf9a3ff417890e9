"""`import glimpse`: light, complete and typed."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import glimpse
from pipeline.version import VERSION

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "cv2", "onnxruntime", "av", "zmq", "PIL", "msgspec", "rich")
MODULES = {path.stem for path in (ROOT / "glimpse").glob("*.py")} - {"__init__", "__main__"}


def test_importing_it_imports_nothing_heavy() -> None:
    code = f"import sys, glimpse; dir(glimpse); print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_it_takes_less_than_150_milliseconds() -> None:
    code = "import time; t = time.perf_counter(); import glimpse; print(time.perf_counter() - t)"
    run = [sys.executable, "-c", code]
    best = min(float(subprocess.run(run, cwd=ROOT, capture_output=True, check=True).stdout) for _ in range(3))
    assert best < 0.15


def test_every_public_name_is_there_and_listed() -> None:
    assert glimpse.__version__ == VERSION
    assert set(glimpse.__all__) <= set(dir(glimpse))
    for name in glimpse.__all__:
        assert getattr(glimpse, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'fnd'"):
        glimpse.fnd  # type: ignore[attr-defined]  # noqa: B018


def test_type_checkers_see_the_names_that_are_imported_lazily() -> None:
    tree = ast.parse((ROOT / "glimpse" / "__init__.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(glimpse.__all__) - {"__version__"} <= imported
    assert (ROOT / "glimpse" / "py.typed").is_file()


def test_no_public_name_is_hidden_by_a_module_of_that_name() -> None:
    assert not MODULES & set(glimpse.__all__)
    for module in MODULES:
        importlib.import_module(f"glimpse.{module}")
    assert callable(glimpse.find)
    assert callable(glimpse.compare)
    assert callable(glimpse.watch)


def test_every_public_function_and_class_is_documented() -> None:
    undocumented = [name for name in glimpse.__all__ if callable(found := getattr(glimpse, name)) and not found.__doc__]
    assert undocumented == []
