"""The model card beside the detector: everything in it is read from the run that made the file and from its evaluation.

The surprising decision: what is required stands beside what was measured, reached or not, and the rival is measured in
the same run. A card that only praises is none.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distill.detector.config import DetectorSettings
from distill.detector.metrics import Measured
from distill.progress import read_log

REQUIRED = (8, 12, 16)  # face heights at which recall must exceed the rival's
RIVAL, LARGE = "yunet_n", "scrfd_2.5g_kps"
FAILURES = """\
Looked at in footage (docs/training/results.md): hands are its commonest false alarms, then lamps, collars and bright
patches; heads turned away, faces in motion blur and faces below 8 px are missed. Boxes are drawn as people drew them
in the data, from the brows to below the chin. Faces above about 96 px are found only in a smaller copy of the
picture, as the pipeline and enrolment search it (`every_size`). Most photographs learnt from show masked people of a
few places; how well other people are found was not measured apart."""

LICENCE = """\
Apache-2.0 for the file. Its teachers' licences (MIT) permit learning from them; SCRFD's do not, and it was only
compared with. Most of the pictures it learnt from state no licence or allow research only; the file carries that
history."""


def card(settings: DetectorSettings, found: Sequence[Measured], trained: Mapping[str, Any], *, size: int) -> str:
    """Markdown. found: the evaluation, ours first. trained: the checkpoint. size: bytes of the file."""
    parts = [
        f"# {found[0].name}",
        f"A face detector for faces of 8 to 64 px with five landmarks, {size / 1e6:.2f} MB, fp32"
        " (docs/training/method.md). `face_detector` in the file's metadata says how it wants its pictures.",
        "## Measured\n\n" + _measured(found),
        "## Made with\n\n" + _made(settings, trained),
        "## Data\n\n" + _data(settings),
        f"## Known failures\n\n{FAILURES}",
        f"## Licence\n\n{LICENCE}",
    ]
    return "\n\n".join(parts) + "\n"


def _measured(found: Sequence[Measured]) -> str:
    """Ours beside whoever of the rivals was measured too."""
    ours, rivals = found[0], {one.name: one for one in found if one.name in (RIVAL, LARGE)}
    heads = ["recall at 1 false alarm a picture", "ours", *rivals, "required", "wanted"]
    rows = []
    for height in ours.heights:
        figures = [f"{one.recall(height, 1.0):.3f}" for one in (ours, *rivals.values())]
        wanted = [f"above {name}" if name in rivals and height in REQUIRED else "" for name in (RIVAL, LARGE)]
        rows.append([f"{height} px", *figures, *wanted])
    costs = [f"{one.per_megapixel:.1f}" for one in (ours, *rivals.values())]
    rows.append(["ms for a megapixel, one core", *costs, f"at most {RIVAL}'s", f"a third of {LARGE}'s"])
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"{table}\n\nOn the held-out third of every set. {_verdict(ours, rivals)}"


def _verdict(ours: Measured, rivals: Mapping[str, Measured]) -> str:
    said = []
    for name, goal, cost in ((RIVAL, "required", 1.0), (LARGE, "wanted", 1 / 3)):
        if name in rivals:
            low = [h for h in REQUIRED if not ours.recall(h, 1.0) > rivals[name].recall(h, 1.0)]
            missed = [f"{height} px" for height in low]
            missed += ["cost"] * (not ours.per_megapixel <= cost * rivals[name].per_megapixel)
            said.append(f"What is {goal}: " + (f"**not reached at {', '.join(missed)}.**" if missed else "reached."))
    return " ".join(said)


def _made(settings: DetectorSettings, trained: Mapping[str, Any]) -> str:
    teachers = " and ".join(Path(model).name for model in (settings.label.yunet, settings.label.retinaface))
    seen = ", ".join(f"{key} {value}" for key, value in trained["environment"].items())
    return (
        f"`python -m distill detector configs/detector.yaml`, seed {settings.seed}, {trained['samples']:,} training"
        f" pictures seen (docs/training/reproduce.md tells of each stretch of them). Teachers: {teachers}, agreeing at"
        f" {settings.label.long_side} px. Environment: {seen}."
    )


def _data(settings: DetectorSettings) -> str:
    lines = read_log(Path(settings.work) / "log.jsonl")
    prepared = {line["set"]: line for line in lines if line["stage"] == "prepare"}
    scenes = [f"{name} {line['learn']}" for name, line in prepared.items() if "learn" in line]
    faces = [f"{name} {line['faces']:,}" for name, line in prepared.items() if "faces" in line]
    labels = {line["set"]: line for line in lines if line["stage"] == "label"}
    peopled = {Path(source.path).stem for source in settings.scenes if not source.without_faces}
    count = sum(line["faces"] for name, line in labels.items() if name in peopled)
    return (
        f"Photographs learnt from: {', '.join(scenes)}, with {count:,} labelled faces, the validation slice's among"
        f" them. Aligned faces pasted: {', '.join(faces)}. A third of every set, by hash of the file, was held out, and"
        " no video was learnt from."
    )
