"""Who may import whom, read from the source so that a lazy import counts too."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVING = ("configs", "pipeline", "detectors", "recognizer", "glimpse")
OURS = {*SERVING, "distill", "benchmarks", "run_pipeline"}
# What an old path of a command hands over to; nothing else of `glimpse` is imported below it.
COMMAND = {"glimpse.command.app"}
# Where concrete parts are put together: to run them, to try whether they would run, and to erase people from them.
PARTS = ("identification", "law_notice", "models", "report_models", "search")
COMPOSITION_ROOTS = {"pipeline/build.py", "pipeline/check.py"}
COMPOSITION_ROOTS |= {f"pipeline/parts/{name}.py" for name in PARTS}
ERASING = ("__main__", "gallery", "gallery_export", "postgres_gallery")
COMPOSITION_ROOTS |= {"pipeline/seal/run.py", "pipeline/backup/kinds.py", "pipeline/backup/postgres_copy.py"}
COMPOSITION_ROOTS |= {f"pipeline/erase/{name}.py" for name in ERASING}
# What pipeline may use of detectors and recognizer outside its composition roots: types and pure functions.
ALLOWED_IN_PIPELINE = {
    "detectors.arrays",
    "detectors.base",
    "detectors.bookkeeping",
    "detectors.boxes",
    "detectors.pictures",
    "detectors.windows",  # searches with a detector that the caller gives
    "recognizer.base",
    "recognizer.spec",
    "recognizer.decide",
    "recognizer.evidence",
    "recognizer.chips",
    "recognizer.quality",
    "recognizer.calibration",
    "recognizer.lengths",
    "recognizer.links",  # compares templates
    "recognizer.normalisation",
    "recognizer.gallery.copies.freshness",
    "recognizer.gallery.index",
    "recognizer.gallery.names",
    "recognizer.intervals",
    "recognizer.worst_group",
}


def imports(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file the statement stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def sources(package: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / package).rglob("*.py"))]


def of_project(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in OURS}


def below_the_command(path: str) -> set[str]:
    """What a file imports of the project; a door may hand over to the command."""
    found = of_project(imports(ROOT / path))
    return found - COMMAND if is_entry_point(path) else found


def is_entry_point(path: str) -> bool:
    return "__main__" in (ROOT / path).read_text() or path.endswith("__main__.py")


@pytest.mark.parametrize(
    "path", [path for package in SERVING for path in sources(package) if path != "glimpse/command/distill.py"]
)
def test_serving_never_imports_torch(path: str) -> None:
    assert not {name for name in imports(ROOT / path) if name.split(".")[0] in {"torch", "torchvision", "distill"}}


@pytest.mark.parametrize("path", sources("glimpse"))
def test_the_library_and_the_command_know_no_benchmark(path: str) -> None:
    assert not {name for name in imports(ROOT / path) if name.split(".")[0] in {"benchmarks", "tests", "run_pipeline"}}


@pytest.mark.parametrize("path", [path for path in sources("glimpse") if not path.startswith("glimpse/command/")])
def test_the_library_knows_no_command(path: str) -> None:
    if path != "glimpse/__main__.py":
        assert not {name for name in imports(ROOT / path) if name.startswith(("glimpse.command", "cyclopts"))}


@pytest.mark.parametrize("path", [path for package in (*SERVING[:-1], "distill") for path in sources(package)])
def test_nothing_below_imports_the_library(path: str) -> None:
    assert not {name for name in below_the_command(path) if name.split(".")[0] == "glimpse"}


@pytest.mark.parametrize("path", sources("detectors"))
def test_detectors_are_a_leaf(path: str) -> None:
    assert all(name.startswith("detectors") for name in below_the_command(path))


@pytest.mark.parametrize("path", sources("configs"))
def test_the_reader_of_settings_knows_no_other_package(path: str) -> None:
    assert all(name.startswith("configs") for name in below_the_command(path))


@pytest.mark.parametrize("path", sources("distill"))
def test_distillation_knows_no_pipeline(path: str) -> None:
    assert not {name for name in imports(ROOT / path) if name.split(".")[0] in {"pipeline", "run_pipeline"}}


@pytest.mark.parametrize("path", sources("recognizer"))
def test_recognizer_takes_only_sessions_arrays_boxes_and_the_yaml_reader(path: str) -> None:
    foreign = {name for name in below_the_command(path) if not name.startswith("recognizer")}
    allowed = {
        "configs.read",
        "configs.at_rest",
        "configs.extras",
        "configs.file_format",
        "configs.postgres.address",
        "configs.postgres.store",
        "detectors.arrays",
        "detectors.base",
        "detectors.environment",
    }
    allowed |= {"detectors.bookkeeping", "detectors.pictures", "detectors.runtime", "detectors.boxes", "detectors.nms"}
    if is_entry_point(path):
        allowed |= {name for name in foreign if name.startswith("detectors.")}
    assert foreign <= allowed


@pytest.mark.parametrize("path", [path for path in sources("pipeline") if path not in COMPOSITION_ROOTS])
def test_pipeline_takes_only_types(path: str) -> None:
    foreign = {name for name in below_the_command(path) if not name.startswith(("pipeline", "configs"))}
    assert foreign <= ALLOWED_IN_PIPELINE
