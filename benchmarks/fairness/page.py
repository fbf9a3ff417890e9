"""The page about groups of people."""

from collections.abc import Iterator, Sequence

from benchmarks.fairness.matches import Rate
from benchmarks.fairness.people import GROWN, Person
from benchmarks.fairness.readings import SIZES_PX
from benchmarks.fairness.result import GroupResult, Result
from benchmarks.fairness.same_people import SAME, SAME_CHILD
from benchmarks.fairness.worst import Ratio
from benchmarks.section import provenance
from configs.markdown import table

MILLION = 1e6
HEADS = ["group", "people", "false matches", "in a million", "95 %", "with everybody", "times the mix", "95 %"]
MISSED_HEADS = ["recogniser", "people", "face", "missed as asked", "missed with the factor"]
SUMMARY_HEADS = ["recogniser", "worst group", "people", "false matches", "times the mix", "95 %", "factor", "95 %"]
CONTROL_HEADS = ["recogniser", "false matches", "in a million", "95 %"]
NO_CONTROL = "*Not counted in this run: it was given no `--people`.*"
NO_MISSES = "*Not counted in this run: it was given no `--people`.*"
HELD = """\
`{name}`: the calibration holds the factor of {group} (`worst_group`). With `decision.groups: worst`, the default, a
  decision asks for `false_alarm` divided by {factor}; `decision.groups: mean` asks for `false_alarm` itself."""
EVEN = """\
`{name}`: holds. The worst group, {group}, has {rate} false matches in a million ({interval}), where {asked} were asked,
  and {ratio} times the mix; its interval holds the mix. No factor ships."""
NOT_HELD = """\
`{name}`: **does not hold for {group}**, with {ratio} times the mix. No factor ships. Where those who are enrolled are
  mostly of that group, divide `decision.false_alarm` by {factor}; what that costs stands under [misses](#misses)."""
PAGE = """\
# Fairness

Made by `python -m benchmarks.fairness`; do not edit.

How often strangers of one group of people are taken for each other at the thresholds that ship, how often people are
missed, and what the default does about the group that is worst off.

![False matches by group]({picture})

Bars: people of a group with people of the same group, with 95 % intervals. Red: the worst; grey: too few to be called
the worst. Diamonds: with everybody of UTKFace. Dotted: the rate that is asked for. Dashed: people mixed like those of
the calibration.

## What the default does

{summary}

*Times the mix*: false matches within the group, over those of people mixed like those that the calibration was
measured on. *Factor*: how many times lower a rate must be asked for, so that the group has the false matches that this
mix has at the rate itself. Beyond a factor of ten, thresholds rest on a fit of the tail, not on counts.

A score is compared with strangers who resemble its two sides ([scores against a
cohort](../concepts.md#scores-against-a-cohort)). The cohorts that ship hold look-alikes of every group, and of the
rarer ones as many as can be found, so faces of a group that looks alike to the recogniser must reach more. Is the rate
that is asked for then held by the worst group too?

{default}

[Cohorts](../results/cohorts.md#groups-of-people) shows the same people without a cohort and with other kinds of one.

**The price.** Equal false matches are not equal misses. A group whose people look alike to the recogniser must reach
more, so more of its people are missed ([misses](#misses)). Larger faces and more looks help.

## Which groups are worse

Groups with more false matches than the mix, of which the interval lies above 1; worst first, with how many times as
many; in brackets where there are few people. Portraits are left out ([why](#how-it-was-measured)).

{worse}

## How it was measured

- **People.** {people}
- **Labels** are those of the data sets' authors. Age, sex and origin stand in the file names of UTKFace, were
  estimated by a program and checked by people, and call origins White, Black, Asian, Indian and Others. They say how a
  face was labelled, not who somebody is. Groups of origin and sex hold people from {grown} years on.
- **Learnt from.** All of these sets were learnt from, and most of these faces. Recognisers may tell them apart better
  than strangers, so **rates of false matches here may be too low**, and groups are compared with each other. No
  labelled set that was not learnt from is at hand.
- **Cohorts.** Nobody measured here is in a cohort, as far as EdgeFace-XS can tell (`python -m
  benchmarks.fairness.cohort_faces`). A cohort with a person's own pictures would make that person hard to match, and
  rates too low. The other pictures of a set are in it: they are of the same kind as those measured.
- **Comparisons.** One crop of everybody, shrunk to 12, 16, 24 and 32 px and with a detector's landmark error, with one
  sharp photograph of everybody else, as enrolment reads it. The threshold is that of one look for `false_alarm` 0.001
  with 100 faces enrolled, {asked:.2g} of a comparison. Tables hold the four heights together. Light, pose and cameras
  are those of photographs.
- **Intervals.** One face takes part in many comparisons, so intervals draw people again, not comparisons; where
  nothing was found, they are the rule of three over pairs of people.
- **The calibration's mix.** The calibration was measured on LFW, of which no labels are at hand. Its people are given
  as 83.5 % White and 77.5 % men (Han and Jain 2014, quoted by Buolamwini and Gebru, *Gender Shades*, 2018). Adults of
  UTKFace, weighted to that, stand for them. Countries are compared with the portraits of the United Kingdom and the
  United States together.
- **Pairs of one person.** UTKFace names nobody, and shows celebrities several times. A pair above the threshold whose
  sharp pictures have a cosine of {same:g} or more by EdgeFace-XS ({same_child:g} where both are children) is set
  aside: {aside} matches of all heights. Sheets of such pairs were looked at: of grown people, about half from 0.4 to
  0.45 show one person and most above do, so a few doubles are left and some look-alikes are gone. The rule holds for
  portraits of the United Kingdom too, beside the numbers in their names. Of the false matches of the other portraits,
  which have names and lose none, it would take {lost}. So rates within UTKFace are too low for this too.
- **Portraits** of a country are of one series: light, background and pose are alike too, and they are the enrolled
  photographs as well as the crops. The parliaments of South Korea and Thailand have by far the most false matches of
  adults. Sheets of them were looked at: they show two people, with like faces, glasses and pose, not one photograph
  twice, and EdgeFace-XS tells them apart when they are sharp. Landmarks lie as in the other sets. How much of that is
  the people and how much the pictures cannot be told here, so countries are shown, but not called the worst. **Count
  on many more false names where everybody who is enrolled was taken in one studio**, and look at each.
- **Too few.** Groups that give fewer than ten matches at the asked rate are not called the worst; nor are origin and
  sex together, which are shown in addition.

## The control

Are faces read, and compared with the cohort, as in decisions? People of LFW, one photograph of each, whom no recogniser
learnt from, at the same thresholds. The calibration was counted on people of the same set, so about {million:.3g} in a
million should match.

{control}

## False matches

{tables}

## Misses

UTKFace and the portraits show one photograph of a person, so **misses by age, sex and origin cannot be measured**:
that takes two photographs of each person, with labels. What there is: LFW, without labels, and RMFD, celebrities from
China, who were learnt from; the half of them that is in no cohort. The two sets differ in the quality of pictures and
labels, so their difference is not one of origin alone. The first photograph is enrolled; one crop of each other is
compared with it. What the factor would cost is the difference of the last two columns; the share of people named is in
[who is named](../results/naming.md).

{missed}

## What is not known

- Rates of faces that were not learnt from, by group; and misses by group.
- Several looks together, faces above 32 px, other light, pose and cameras.
- Groups that no label tells: skin by shade, glasses, head scarves, disabilities.
- Whether the people of LFW are mixed as it is written of them.

{provenance}"""


def write_page(
    results: Sequence[Result],
    people: Sequence[Person],
    asked: float,
    module: str,
    *,
    picture: str,
    held: Sequence[str] = (),
) -> str:
    """The page as Markdown. picture: its file name.  held: recognisers whose calibration holds the factor."""
    aside = ", ".join(f"{result.set_aside:,} ({result.name})" for result in results)
    lost = ", ".join(f"{100 * result.lost:.0f} % ({result.name})" for result in results)
    return PAGE.format(
        picture=picture,
        summary=table(SUMMARY_HEADS, [_summary(result) for result in results]),
        default="\n".join(f"- {_default(result, asked, held)}" for result in results),
        worse="\n".join(_worse(result) for result in results),
        control=table(CONTROL_HEADS, counted) if (counted := list(_control(results))) else NO_CONTROL,
        million=MILLION * asked,
        people=_say_people(people),
        asked=asked,
        aside=aside,
        lost=lost,
        grown=GROWN,
        same=SAME,
        same_child=SAME_CHILD,
        tables="\n\n".join(_tables(result, asked) for result in results),
        missed=table(MISSED_HEADS, rows) if (rows := list(_missed(results))) else NO_MISSES,
        provenance=provenance(module),
    )


def _default(result: Result, asked: float, held: Sequence[str]) -> str:
    """Whether the default holds for the worst group."""
    [worst] = [row for row in result.groups if row.group is result.worst]
    said = HELD if result.name in held else EVEN if result.found.least <= 1 else NOT_HELD
    return said.format(
        name=result.name,
        group=worst.group.name,
        factor=_factor(result.factor.value),
        rate=f"{MILLION * worst.within.value:.1f}",
        interval=_interval(worst.within),
        asked=f"{MILLION * asked:.3g}",
        ratio=_ratio(result.found)[0],
    )


def _say_people(people: Sequence[Person]) -> str:
    labelled = sum(bool(one.origin) for one in people)
    countries = {one.country: 0 for one in people if one.country}
    for one in people:
        if one.country:
            countries[one.country] += 1
    portraits = ", ".join(f"{country} {count:,}" for country, count in countries.items())
    return (
        f"{labelled:,} faces of UTKFace, drawn at random in equal parts by origin as far as there are so many, and\n"
        f"  official portraits of politicians: {portraits}.\n"
        "  One picture of each person, but for the United Kingdom, where many have several."
    )


def _summary(result: Result) -> list[str]:
    people = f"{int(result.worst.members.sum()):,}"
    counts = [f"{row.within.matches:,}" for row in result.groups if row.group is result.worst]
    factor = result.factor
    said = [f"**{_factor(factor.value)}**", f"{_factor(factor.least)} to {_factor(factor.most)}"]
    return [result.name, result.worst.name, people, *counts, *_ratio(result.found), *said]


def _factor(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _worse(result: Result) -> str:
    """One line of a list."""
    found = [row for row in result.groups if row.group.kind not in ("everybody", "country") and row.ratio.least > 1]
    found.sort(key=lambda row: -row.ratio.value)
    said = (f"{row.group.name} {row.ratio.value:,.1f}" for row in found)
    names = [text if row.large else f"({text})" for text, row in zip(said, found, strict=True)]
    return f"- `{result.name}`: {'; '.join(names) or 'none'}."


def _control(results: Sequence[Result]) -> Iterator[list[str]]:
    for result in results:
        if (rate := result.control) is not None:
            counts = f"{rate.matches:,} of {rate.compared:,}"
            yield [result.name, counts, f"{MILLION * rate.value:.2f}", _interval(rate)]


def _tables(result: Result, asked: float) -> str:
    heights = [f"{px} px" for px in SIZES_PX]
    by_px = table(["group", *heights], [[row.group.name, *_by_px(row)] for row in result.groups])
    mix = f"{MILLION * result.mix.value:.2f} in a million ({result.mix.matches:,} matches)"
    portraits = f"{MILLION * result.portraits.value:.2f} ({result.portraits.matches:,})"
    return (
        f"### {result.name}\n\n{table(HEADS, [_row(row) for row in result.groups])}\n\n"
        f"The calibration's mix: {mix}; portraits of the United Kingdom and the United States: {portraits}.\n\n"
        f"By face height, in a million comparisons ({MILLION * asked:.3g} asked), with counts:\n\n{by_px}"
    )


def _row(row: GroupResult) -> list[str]:
    name = row.group.name if row.large else f"{row.group.name} (few)"
    found = f"{row.within.matches:,} of {row.within.compared:,}"
    mixed = f"{MILLION * row.mixed.value:.2f} ({row.mixed.matches:,})"
    rate = [f"{MILLION * row.within.value:.2f}", _interval(row.within)]
    return [name, f"{int(row.group.members.sum()):,}", found, *rate, mixed, *_ratio(row.ratio)]


def _by_px(row: GroupResult) -> Iterator[str]:
    for rate in row.by_px.values():
        yield f"{MILLION * rate.value:.2f} ({rate.matches})"


def _interval(rate: Rate) -> str:
    low, high = rate.interval
    return f"{MILLION * low:.2f} to {MILLION * high:.2f}"


def _ratio(ratio: Ratio) -> list[str]:
    return [f"{ratio.value:.2f}", f"{ratio.least:.2f} to {ratio.most:.2f}"]


def _missed(results: Sequence[Result]) -> Iterator[list[str]]:
    for result in results:
        for whose in dict.fromkeys(whose for whose, _ in result.missed):
            both = zip(result.missed[whose, "mean"], result.missed[whose, "worst"], strict=True)
            for mean, worst in both:
                shares = [
                    f"{100 * one.missed / one.compared:.1f} % ({one.missed}/{one.compared};"
                    f" {100 * one.low:.1f} to {100 * one.high:.1f})"
                    for one in (mean, worst)
                ]
                yield [result.name, f"{whose}: {mean.people}", f"{mean.px} px", *shares]
