"""Fits a student to the tracks of a site, measures it, and installs it where it surely names more people right."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detectors.runtime import Runtime
from distill.data.manifest import require_unchanged
from distill.errors import DistillError
from distill.site import model_folder
from distill.site.camera import CANDIDATES, Camera, find_cameras
from distill.site.card import make_card
from distill.site.choose import Chosen, Jury, choose
from distill.site.false_names import FalseNames
from distill.site.gate import TWO_VISITS, find_objections
from distill.site.judge import Judge
from distill.site.last_layer import LastLayer
from distill.site.measure import Shares
from distill.site.people import LEAST_CHOOSING_RETURNED, NOT_SHOWN, Pairs, find_pairs, require_enough
from distill.site.pictures import fit_all
from distill.site.split import Limits, Parts, split_visitors
from distill.site.sure import Surety
from distill.site.trial import Reader
from distill.site.views import Amount, ViewMaker
from distill.site.visitors import Look, Visitor, read_visitors
from distill.site.visits import Pair
from recognizer.base import Recognizer
from recognizer.load import Scoring, load_recognizer, open_scoring
from recognizer.spec import ChipSpec

LEAST_PAIRS, MOST_PAIRS = 16, 96  # of near and far looks of one person, from which the cameras are found
UNKNOWN_CAMERAS = tuple(one for one in CANDIDATES if one.blur <= 1.0 and one.noise <= 8.0 and one.crf <= 32)
MODEL = "model"  # folder of the model that is being made


@dataclass(frozen=True, slots=True)
class Asked:
    """What to fit, to what, and where the result goes.

    recognizer: the family to start from.  limits: what counts as near and far.  amount: of views to make.
    without_second_day: goes on where too few people surely came on two days.
    keep_refused: where a refused model is put, for who wants to know what it would have given; None: it is deleted.
    """

    tracks: Path
    out: Path
    recognizer: str = "embedded"
    limits: Limits = field(default_factory=Limits)
    amount: Amount = field(default_factory=Amount)
    seed: int = 1
    threads: int = 1
    without_second_day: bool = False
    keep_refused: Path | None = None

    @property
    def work(self) -> Path:
        """What is made on the way, so that an interrupted run goes on; deleted at the end."""
        return self.out.with_name(f"{self.out.name}.work")


@dataclass(frozen=True, slots=True)
class Outcome:
    """shares: named right before and after, by what was measured and face size.  false_names: by the set of strangers.

    objections: why it was not installed; none where it was.  choice: how the fit was made.  links: how the people who
    came twice are known.  space: of the family now.
    """

    shares: Mapping[str, Shares]
    false_names: Mapping[str, FalseNames]
    objections: Sequence[str]
    choice: str
    links: str
    space: str

    @property
    def installed(self) -> bool:
        """Whether nothing spoke against it."""
        return not self.objections


@dataclass(frozen=True, slots=True)
class Site:
    """The visitors, the pairs of those who choose and measure, and the recogniser that ships."""

    parts: Parts
    choosing: Pairs
    measured: Pairs
    limits: Limits
    shipped: Recognizer
    scoring: Scoring


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted student, its file. is_better: for those who choose.  told: how it was made, in sentences."""

    student: bytes
    is_better: bool
    told: str


def tune(asked: Asked) -> Outcome:
    """Fit, measure, and install or refuse. Raises DistillError for tracks or a model that cannot be used."""
    if asked.out.exists():
        raise DistillError(f"{asked.out}: expected a folder that does not exist yet")
    shipped = load_recognizer(asked.recognizer, runtime=Runtime(threads=asked.threads))
    visitors = read_visitors(asked.tracks)
    members = model_folder.find_members(shipped, asked.recognizer)
    limits = Limits(asked.limits.near_px, min(asked.limits.far_px, members[0].spec.largest_face_px))
    parts = split_visitors(visitors, limits)
    surety = Surety(shipped, limits)
    choosing, measured = (find_pairs(part, surety, limits) for part in (parts.choosing, parts.measured))
    require_enough(measured, parts, limits, without_second_day=asked.without_second_day)
    _keep_to(asked, shipped, visitors)
    site = Site(parts, choosing, measured, limits, shipped, open_scoring(shipped, model=asked.recognizer))
    return _judge(asked, site, members, _fit(asked, site, members[0]))


def _keep_to(asked: Asked, recognizer: Recognizer, visitors: list[Visitor]) -> None:
    """Refuse to go on with what was made of other tracks or settings."""
    digest = hashlib.sha256()
    for visitor in visitors:
        digest.update(visitor.name.encode())
        for look in visitor.looks:
            digest.update(repr((look.time, look.px)).encode() + look.picture.tobytes())
    if not asked.work.exists():
        model_folder.make_private(asked.work)
    settings = {
        "tracks": digest.hexdigest(),
        "recognizer": recognizer.weights,
        "settings": repr((asked.limits, asked.amount, asked.seed)),
    }
    require_unchanged(asked.work / "site.json", "site", settings)


def _fit(asked: Asked, site: Site, student: model_folder.Member) -> Fit:
    layer = LastLayer(student.path.read_bytes(), student.spec, threads=asked.threads)
    cameras = cameras_of(site.parts.learnt, site.limits, student.spec, seed=asked.seed)
    maker = ViewMaker(site.parts.learnt, site.limits, student.spec, cameras, seed=asked.seed)
    views = maker.make(asked.work, site.shipped, layer, asked.amount)
    reader = Reader(site.shipped, site.scoring.calibration.lengths, site.scoring.cohort)
    chosen = choose(layer, views, Jury(reader, layer, student.spec, jury_of(site.choosing), site.limits))
    return Fit(layer.replaced(chosen.weight, chosen.bias), chosen.choice is not None, _describe(chosen, cameras))


def jury_of(pairs: Pairs) -> Sequence[Pair]:
    """Those who came twice choose, where they are enough."""
    return pairs.two_visits if len(pairs.two_visits) >= LEAST_CHOOSING_RETURNED else pairs.one_visit


def cameras_of(visitors: tuple[Visitor, ...], limits: Limits, spec: ChipSpec, *, seed: int) -> tuple[Camera, ...]:
    """The cameras of the site; many ordinary ones where too few people were seen both near and far."""
    pairs: list[tuple[Look, Look]] = [
        (look, one.near(limits.near_px)[0]) for one in visitors for look in one.far(limits.far_px)
    ]
    if len(pairs) < LEAST_PAIRS:
        return UNKNOWN_CAMERAS
    rows = np.random.default_rng(seed).permutation(len(pairs))[:MOST_PAIRS]
    far, near = [pairs[row][0] for row in rows], [pairs[row][1].picture for row in rows]
    return find_cameras(fit_all([look.picture for look in far], spec.size), near, [look.px for look in far], spec)


def _judge(asked: Asked, site: Site, members: list[model_folder.Member], fit: Fit) -> Outcome:
    """Make the model folder, measure it, and put it in its place or delete it."""
    partial = asked.work / MODEL
    model_folder.discard(partial)
    model_folder.write_members(partial, members, {members[0].spec.size: fit.student}, site.shipped.model_id)
    fitted = load_recognizer(partial, runtime=Runtime(threads=asked.threads))
    judge = Judge(site.shipped, fitted, site.scoring, site.limits)
    judgement = judge.judge(site.choosing, site.measured, is_better=fit.is_better)
    links = site.measured.describe() if TWO_VISITS in judgement.findings.shares else NOT_SHOWN
    outcome = Outcome(
        judgement.shares,
        judgement.findings.false_names,
        find_objections(judgement.findings),
        fit.told,
        links,
        fitted.model_id,
    )
    place = asked.out if outcome.installed else asked.keep_refused
    if place:
        card = make_card(site.parts, outcome.shares, outcome.false_names, f"{fit.told} {links}", site.shipped.model_id)
        model_folder.write_scoring(partial, judgement.calibration, site.scoring.cohort, card)
        model_folder.install(partial, place)
    model_folder.discard(asked.work)
    return outcome


def _describe(chosen: Chosen, cameras: tuple[Camera, ...]) -> str:
    if chosen.choice is None:
        return "No fit was better than the shipped student for those who choose."
    made, choice = chosen.choice, ", ".join(map(_name, cameras))
    return (
        f"The cameras were taken for these: {choice}. Real far looks weigh {100 * made.real_share:.0f} %, ordinary"
        f" views {made.kept:g} times as much as far ones; differences between far views {_floor(made.floor)}. The loss"
        f" of those who choose fell from {chosen.loss_before:.3f} to {chosen.loss:.3f}."
    )


def _name(camera: Camera) -> str:
    return f"blur {camera.blur:g} px with noise {camera.noise:g} and crf {camera.crf}"


def _floor(floor: float | None) -> str:
    return "are not calmed" if floor is None else f"are calmed down to {floor:g} times their mean variance"
