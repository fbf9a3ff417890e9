"""Writes a student's model card from the checkpoint, the export and the log of its work folder.

The card shows required figures beside the measured ones, reached or not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from configs.markdown import table
from distill.config import Settings, StudentSettings
from distill.errors import DistillError
from distill.export.licences import describe_licences, states_licences
from distill.export.model_card import ModelCard, environment_text
from distill.progress import read_log
from distill.training.checkpoint import shorten_command
from distill.work_folder import WorkFolder

REQUIRED = {"s16": (90.8, None), "b32": (96.7, None), "b64": (97.8, None)}  # % of LFW, low-low and high-low


def make_card(settings: Settings, name: str, checkpoint: Mapping[str, Any], exported: Mapping[str, Any]) -> str:
    """Write the card in Markdown. exported: the export's line in the log. Raises DistillError (`describe_data`)."""
    size, own = settings.students[name].size, states_licences(settings)
    return ModelCard(
        title=f"{settings.export.name} {name}",
        summary=(
            f"A {size}-pixel face recogniser with {settings.adapt.dim}-d unit vectors, distilled from a large teacher"
            " (docs/training/method.md). The file's metadata `chip_spec` says how chips must be cut."
        ),
        measured=_describe_measurements(name, size, exported),
        made_with=_describe_training(settings, name, checkpoint),
        data=describe_data(settings) + _describe_synthetic(settings),
        known_failures=FAILURES_OF_OWN_DATA if own else _describe_failures(size),
        licence=describe_licences(settings) if own else _describe_licence(settings),
    ).markdown()


def describe_data(settings: Settings) -> str:
    """Describe the training faces and the exclusions. Raises DistillError if the work folder's log lacks them."""
    lines = read_log(WorkFolder(Path(settings.work)).log)
    prepared, excluded, usable = (_last(lines, stage) for stage in ("prepare", "exclude", "usable"))
    if not (prepared and usable):
        raise DistillError(f"{settings.work}: expected a log of `python -m distill prepare` to write the card from")
    sources = ", ".join(f"{source} {count:,}" for source, count in prepared["sources"].items())
    return (
        f"{prepared['faces']:,} aligned faces ({sources}), of which {usable['faces']:,} were used for training."
        f" Excluded: {excluded.get('by_name', 0):,} faces with the name of a test person, and"
        f" {excluded.get('by_similarity', 0):,} more that resemble a test face (teacher cosine above"
        f" {settings.faces.exclude.similarity})." + _describe_measured(usable)
    )


def _describe_measured(usable: Mapping[str, Any]) -> str:
    if not usable.get("measured"):
        return ""
    return f" {usable['measured']:,} more were kept apart, to measure thresholds with."


def _describe_measurements(name: str, size: int, exported: Mapping[str, Any]) -> str:
    fp32, int8 = exported["accuracies"]["fp32"], exported["accuracies"]["int8"]
    if not fp32:
        return f"No test was given (`evaluate`). {_describe_agreement(exported)}"
    sides, required = ("low_low", "high_low"), REQUIRED.get(name, (None, None))
    rows = [
        [f"{side.replace('_', '-')} at {size} px, %", *map(_cell, (fp32.get(side), int8.get(side), goal))]
        for side, goal in zip(sides, required, strict=True)
    ]
    rows.append(["TAR at FAR 1e-5, all pairs, high-low, %", _cell(fp32.get("strict")), _cell(int8.get("strict")), ""])
    rows.append(["TAR at FAR 1 %, low-low, %", _cell(fp32.get("tar_1e2")), _cell(int8.get("tar_1e2")), ""])
    parts = [table(["LFW View 2, 10-fold", "fp32", "int8", "required"], rows, align_right=True)]
    if any(goal and int8.get(side, 0.0) < goal for side, goal in zip(sides, required, strict=True)):
        parts.append(
            "**The required figures are not reached yet.** Training continues from these files (`start_from`)."
        )
    sharp = "In high-low, the adapted teacher embeds the sharp face at 112 px."
    return "\n\n".join([*parts, f"{sharp} {_describe_agreement(exported)}"])


def _describe_agreement(exported: Mapping[str, Any]) -> str:
    return (
        f"Mean cosine of int8 and fp32 features: {exported['cosine']:.3f}."
        f" Largest difference between torch and ONNX Runtime: {exported['difference']:.1g}."
    )


def _describe_training(settings: Settings, name: str, checkpoint: Mapping[str, Any]) -> str:
    teachers = ", ".join(Path(teacher.model).name for teacher in settings.teachers)
    command = shorten_command(checkpoint.get("command", "command not recorded"))
    trained = checkpoint.get("settings", {}).get("students", {}).get(name, {})  # with the overrides of that command
    options = msgspec.structs.replace(
        settings.students[name], **{key: trained[key] for key in ("start_from", "ridge_views") if key in trained}
    )
    processes = f" in {checkpoint['processes']} processes" if checkpoint.get("processes", 1) > 1 else ""
    batch = checkpoint["samples"] // max(checkpoint["step"], 1)
    starts = "".join(_describe_start(source) for source in options.starting_weights)
    return (
        f"`{command}`{processes}, seed {settings.seed}; student `{name}`, {checkpoint['samples']:,} training samples in"
        f" steps of {batch}{starts}. {_describe_first_steps(options)}Teacher: {teachers}."
        f" Environment: {environment_text(checkpoint['environment'])}."
    )


def _describe_first_steps(options: StudentSettings) -> str:
    """The history of the start weights, and what was done before and in training besides plain steps."""
    parts = [options.history] if options.history else []
    if options.ridge_views:
        parts.append(f"The last layer was first fitted by ridge regression on {options.ridge_views:,} views.")
    return "".join(f"{part} " for part in parts)


def _describe_start(source: str) -> str:
    if source.endswith(".onnx"):
        return f", starting from the previous version of `{source}` (its card is in the repository's history)"
    return f", starting from the layers of `{source}` that have the same shape"


def _describe_synthetic(settings: Settings) -> str:
    if not settings.label.synthetic_faces:
        return ""
    return " In addition: synthetic faces, made by blending, warping and recolouring, which the teacher labelled."


FAILURES_OF_OWN_DATA = (
    "Not measured: faces unlike those that it learnt from, profiles, sunglasses and masks. Combine many crops of a"
    " track, and let the decision abstain."
)


def _describe_failures(size: int) -> str:
    return (
        "Not measured, but likely from the training data: profiles, sunglasses and masks, children, and faces unlike"
        " those of the training data, which mostly show adults in good light who pose for the camera. Measured: a"
        f" single {size}-pixel crop fails as often as the table says. Combine many crops of a track, and let the"
        " decision abstain."
    )


def _describe_licence(settings: Settings) -> str:
    teachers = ", ".join(f"{Path(teacher.model).name} ({teacher.licence})" for teacher in settings.teachers)
    return (
        f"Apache-2.0 for the file, as far as the licences of its teachers permit learning from them: {teachers}. Most"
        " training pictures state no licence or permit research only; the file carries that history."
    )


def _last(lines: Sequence[dict[str, Any]], stage: str) -> dict[str, Any]:
    return next((line for line in reversed(lines) if line["stage"] == stage), {})


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
