"""Every error sentence of the code has a cause and a remedy."""

from itertools import pairwise

from website.errors.catalogue import Group, assign, read_catalogue
from website.errors.sentences import Sentence, find_sentences
from website.links import ROOT


def group(title: str, **keys: tuple[str, ...]) -> Group:
    return Group(chapter="c", title=title, cause="a", remedy="b", **keys)


def test_the_first_group_that_fits_explains_a_sentence() -> None:
    narrow, wide = group("narrow", texts=("^disk",)), group("wide", files=("pipeline/*",))
    first, second, third = (
        Sentence(file, "E", text)
        for file, text in (("pipeline/a/b.py", "disk full"), ("pipeline/a.py", "x"), ("glimpse/a.py", "x"))
    )
    found, left = assign([first, second, third], [narrow, wide])
    assert found == {narrow: [first], wide: [second]}
    assert left == [third]


def test_every_sentence_of_the_code_is_explained() -> None:
    _, left = assign(find_sentences(ROOT), read_catalogue())
    assert left == [], "add them to website/errors/catalogue.yaml, then run `python -m website.errors write`"


def test_every_group_explains_something_and_has_a_title_of_its_own() -> None:
    found, _ = assign(find_sentences(ROOT), read_catalogue())
    assert [group.title for group, sentences in found.items() if not sentences and not group.examples] == []
    assert len({group.title for group in found}) == len(found)


def test_groups_of_a_chapter_stand_together() -> None:
    chapters = [group.chapter for group in read_catalogue()]
    assert len(set(chapters)) == 1 + sum(one != other for one, other in pairwise(chapters))


def test_causes_and_remedies_are_sentences() -> None:
    for each in read_catalogue():
        assert each.cause.endswith("."), each.title
        assert each.remedy.endswith((".", "`")), each.title
