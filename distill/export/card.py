"""The model card beside a weight file: everything in it is read from the run that made the file.

The surprising decision: required figures stand beside measured ones, reached or not. A card that only praises is
none.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distill.config import Settings
from distill.errors import DistillError
from distill.progress import read_log
from distill.work_folder import WorkFolder

REQUIRED = {16: (88.0, 90.0), 32: (96.5, None), 64: (98.0, None)}  # LFW low-low and high-low at the student's own size


def make_card(settings: Settings, name: str, found: Mapping[str, Any], exported: Mapping[str, Any]) -> str:
    """Markdown. found: the checkpoint. exported: the line that the export wrote to the log."""
    student = settings.students[name]
    parts = [
        f"# {settings.export.name} {name}",
        f"A {student.size}-pixel face recogniser, {settings.adapt.dim}-d unit vectors, distilled from a large teacher"
        " (docs/training/method.md). `chip_spec` in the file's metadata says how its chips are cut.",
        "## Measured\n\n" + _measured(student.size, exported),
        "## Made with\n\n" + _made(settings, name, found),
        "## Data\n\n" + describe_data(settings) + _made_up(settings),
        "## Known failures\n\n" + _failures(student.size),
        "## Licence\n\n" + _licence(settings),
    ]
    return "\n\n".join(parts) + "\n"


def _licence(settings: Settings) -> str:
    teachers = ", ".join(f"{Path(teacher.model).name} ({teacher.licence})" for teacher in settings.teachers)
    return (
        f"Apache-2.0 for the file, as far as its teachers' licences permit learning from them: {teachers}. Most of the"
        " pictures it learnt from state no licence or allow research only; the file carries that history."
    )


def _measured(size: int, exported: Mapping[str, Any]) -> str:
    rows = ["| LFW View 2, 10-fold | fp32 | int8 | required |", "| --- | ---: | ---: | ---: |"]
    wanted = REQUIRED.get(size, (None, None))
    for side, least in zip(("low_low", "high_low"), wanted, strict=True):
        figures = [exported["accuracies"][kind].get(side) for kind in ("fp32", "int8")]
        rows.append(f"| {side.replace('_', '-')} at {size} px, % | {_cells([*figures, least])} |")
    tar = [exported["accuracies"][kind].get("tar_1e2") for kind in ("fp32", "int8")]
    rows.append(f"| TAR at FAR 1 %, low-low, % | {_cells(tar)} | |")
    missed = [least for least, got in zip(wanted, _int8(exported), strict=True) if least and got < least]
    verdict = (
        "\n\n**The required figures are not reached yet.** Training goes on from these files (`start_from`)."
        if missed
        else ""
    )
    return (
        "\n".join(rows)
        + verdict
        + f"\n\nhigh-low: the sharp face read by the adapted teacher at 112 px. int8 against fp32: mean cosine"
        f" {exported['cosine']:.3f}. torch against ONNX Runtime: {exported['difference']:.1g} at most."
    )


def _int8(exported: Mapping[str, Any]) -> list[float]:
    return [exported["accuracies"]["int8"].get(side, 0.0) for side in ("low_low", "high_low")]


def _made(settings: Settings, name: str, found: Mapping[str, Any]) -> str:
    teachers = ", ".join(Path(teacher.model).name for teacher in settings.teachers)
    called = found.get("command", "command not recorded")
    processes = f" in {found['processes']} processes" if found.get("processes", 1) > 1 else ""
    seen = ", ".join(f"{key} {value}" for key, value in found["environment"].items())
    before = "".join(_start(source) for source in settings.students[name].starting_weights)
    return (
        f"`{called}`{processes}, seed {settings.seed}; student `{name}`,"
        f" {found['samples']:,} views seen in steps of {found['samples'] // max(found['step'], 1)}{before}. Teacher:"
        f" {teachers}. Environment: {seen}."
    )


def _start(source: str) -> str:
    if source.endswith(".onnx"):
        return f", on top of `{source}` as it stood before (its own card is in the repository's history)"
    return f", with the layers of `{source}` that have the same shape"


def describe_data(settings: Settings) -> str:
    """What was learnt from and what was left out, as the work folder's log has it. Raises DistillError for a log that
    does not say."""
    lines = read_log(WorkFolder(Path(settings.work)).log)
    prepared, dropped, usable = (_last(lines, stage) for stage in ("prepare", "exclude", "usable"))
    if not (prepared and usable):
        raise DistillError(f"{settings.work}: expected a log of `python -m distill prepare` to write the card from")
    sources = ", ".join(f"{source} {count:,}" for source, count in prepared["sources"].items())
    return (
        f"{prepared['faces']:,} aligned faces ({sources}), of which {usable['faces']:,} may be learnt"
        f" from: {dropped.get('by_name', 0):,} bear the name of a test person, {dropped.get('by_similarity', 0):,} more"
        f" look like a test face to the teacher (cosine above {settings.faces.exclude.similarity})."
    )


def _made_up(settings: Settings) -> str:
    made = " On top of them, blends, warps and recolourings of the usable ones, labelled by the teacher."
    return made if settings.label.synthetic_faces else ""


def _last(lines: Sequence[dict[str, Any]], stage: str) -> dict[str, Any]:
    return next((line for line in reversed(lines) if line["stage"] == stage), {})


def _failures(size: int) -> str:
    return (
        "Expected from the data and not yet measured: profiles, sunglasses and masks, children, and faces unlike those"
        " learnt from, which are mostly adult, well lit and photographed on purpose. Measured: a single"
        f" {size}-pixel crop is wrong as often as the table says, so pool many of a track and let the decision abstain."
    )


def _cells(values: Sequence[float | None]) -> str:
    return " | ".join("" if value is None else f"{value:.2f}" for value in values)
