"""Writes the model card of the detector from its training run and its evaluation.

Required figures stand beside the measured ones, reached or not, and the rivals are measured in the same run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from configs.markdown import table
from distill.detector.config import DetectorSettings
from distill.detector.metrics import DetectorResult
from distill.export.model_card import ModelCard, environment_text
from distill.progress import read_log

HEIGHTS = (8, 12, 16)  # face heights at which recall must exceed the rival's
RIVAL, LARGE_RIVAL = "yunet_n", "scrfd_2.5g_kps"
FAILURES = """\
In footage (docs/results/footage.md) the most common false alarms are hands, signs, wheels, collars and bright patches;
the pipeline announces nothing that the recogniser does not take for a face. From 14 px on it finds fewer faces there
than YuNet-n. It finds least in the dark and under infrared light. Heads turned away, faces in motion blur and faces
below 8 px are missed. Boxes follow the hand-drawn ones of the training data, from the brows to below the chin. Faces
above about 96 px are found only in a smaller copy of the picture, which the pipeline and enrolment search too
(`every_size`)."""

LICENCE = """\
Apache-2.0 for the file. The licences of its teachers (MIT) permit learning from them. SCRFD's licence does not; SCRFD
was used for comparison only. Most training pictures state no licence or permit research only; the file carries
that history."""


def make_card(
    settings: DetectorSettings, results: Sequence[DetectorResult], checkpoint: Mapping[str, Any], *, size: int
) -> str:
    """The card in Markdown. results: ours first. size: of the file, bytes."""
    return ModelCard(
        title=results[0].name,
        summary=(
            f"A detector for faces of 8 to 64 px with five landmarks, {size / 1e6:.2f} MB, "
            + ("int8, with an fp32 file beside it" if settings.int8 else "fp32")
            + " (docs/training/method.md). The file's metadata `face_detector` says how pictures must be prepared."
        ),
        measured=_describe_results(results),
        made_with=_describe_training(settings, checkpoint),
        data=_describe_data(settings),
        known_failures=FAILURES,
        licence=LICENCE,
    ).markdown()


def _describe_results(results: Sequence[DetectorResult]) -> str:
    """Ours beside those rivals that were measured."""
    ours, rivals = results[0], {one.name: one for one in results if one.name in (RIVAL, LARGE_RIVAL)}
    heads = ["recall at 1 false alarm per picture", "ours", *rivals, "required", "wanted"]
    rows = []
    for height in ours.heights:
        recalls = [f"{one.recall(height, 1.0):.3f}" for one in (ours, *rivals.values())]
        is_required = height in HEIGHTS
        goals = [f"above {name}" if name in rivals and is_required else "" for name in (RIVAL, LARGE_RIVAL)]
        rows.append([f"{height} px", *recalls, *goals])
    costs = [f"{one.ms_per_megapixel:.1f}" for one in (ours, *rivals.values())]
    rows.append(["ms per megapixel, one core", *costs, f"at most {RIVAL}'s", f"a third of {LARGE_RIVAL}'s"])
    markdown = table(heads, rows, align_right=True)
    return f"{markdown}\n\nMeasured on the held-out third of every set. {_verdict(ours, rivals)}"


def _verdict(ours: DetectorResult, rivals: Mapping[str, DetectorResult]) -> str:
    """Whether the goals are reached, and where not."""
    sentences = []
    for name, goal, cost in ((RIVAL, "Required", 1.0), (LARGE_RIVAL, "Wanted", 1 / 3)):
        if name in rivals:
            missed = [f"{h} px" for h in HEIGHTS if not ours.recall(h, 1.0) > rivals[name].recall(h, 1.0)]
            missed += ["cost"] * (not ours.ms_per_megapixel <= cost * rivals[name].ms_per_megapixel)
            sentences.append(f"{goal}: " + (f"**not reached at {', '.join(missed)}.**" if missed else "reached."))
    return " ".join(sentences)


def _describe_training(settings: DetectorSettings, checkpoint: Mapping[str, Any]) -> str:
    teachers = " and ".join(Path(model).name for model in (settings.label.yunet, settings.label.retinaface))
    start = Path(settings.train.start_from).name
    return (
        f"`python -m distill detector configs/detector.yaml`, seed {settings.seed}, {checkpoint['samples']:,} training"
        f" pictures{f', from the weights of an earlier {start} on' if start else ''}"
        f" (docs/training/reproduce.md lists the stretches). Teachers: {teachers}, on photographs of"
        f" {settings.label.long_side} px. Environment: {environment_text(checkpoint['environment'])}."
    )


def _describe_data(settings: DetectorSettings) -> str:
    lines = read_log(Path(settings.work) / "log.jsonl")
    prepared = {line["set"]: line for line in lines if line["stage"] == "prepare"}
    photos = [f"{name} {line['learn']}" for name, line in prepared.items() if "learn" in line]
    faces = [f"{name} {line['faces']:,}" for name, line in prepared.items() if "faces" in line]
    labels = {line["set"]: line for line in lines if line["stage"] == "label"}
    with_faces = {Path(source.path).stem for source in settings.scenes if not source.without_faces}
    count = sum(line["faces"] for name, line in labels.items() if name in with_faces)
    return (
        f"Training photographs: {', '.join(photos)}, with {count:,} labelled faces, including those of the validation"
        f" slice. Pasted aligned faces: {', '.join(faces)}. A third of every set, chosen by a hash of each file, was"
        " held out. No video was used for training."
    )
