"""docs/errors.md is what the code and the catalogue say."""

from website.errors.__main__ import PAGE, code, page, section
from website.errors.catalogue import Group, assign, read_catalogue
from website.errors.sentences import Sentence, find_sentences
from website.links import ROOT


def test_the_page_is_up_to_date() -> None:
    explained, _ = assign(find_sentences(ROOT), read_catalogue())
    assert PAGE.read_text(encoding="utf-8") == page(explained), "run `python -m website.errors write`"


def test_a_section_names_cause_remedy_and_each_sentence_once() -> None:
    group = Group(chapter="Disks", title="Full", cause="No room.", remedy="Make room.")
    text = "".join(section(group, [Sentence("a.py", "E", "disk ⟨name⟩"), Sentence("b.py", "E", "disk ⟨name⟩")]))
    assert text == "\n### Full\n\n**Cause:** No room.\n\n**What to do:** Make room.\n\n- `disk ⟨name⟩`\n"


def test_sentences_with_code_in_them_stay_code() -> None:
    assert code("run `x`\nnow") == "`` run `x` now ``"
