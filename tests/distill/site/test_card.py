"""The card of a fitted student."""

from distill.site.card import figures, make_card
from distill.site.false_names import FalseNames
from distill.site.measure import Shares
from distill.site.split import Parts
from tests.synthetic.made_site import make_visitors


def test_a_card_says_who_taught_it_when_and_what_it_gained() -> None:
    people = make_visitors(6)
    parts = Parts(tuple(people[:3]), tuple(people[3:4]), tuple(people[4:]))
    shares = {"another day, all sizes alike": Shares(2, 0.01, 0.5, 0.625, 0.03, 0.22)}
    false_names = {"strangers of the site": FalseNames(1e-3, 109_200, 25, 24)}
    text = make_card(parts, shares, false_names, "Chosen so.", "glimpse-1")
    assert "6 people, from 2023-11-14 22:13 to 2023-11-14 22:21 UTC: 3 were learnt from, 1 chose" in text
    assert "| another day, all sizes alike | 2 | 1 % | 50.0 % | 62.5 % | +12.5 (+3.0 to +22.0) |" in text
    assert "| strangers of the site | 109,200 | 0.1 % | 25 | 24 |" in text
    assert "Chosen so." in text
    assert "from the family `glimpse-1`" in text
    assert "**Not to be passed on.**" in text


def test_a_loss_has_its_sign() -> None:
    assert "-12.5 (-22.0 to -3.0)" in figures({"16 px": Shares(9, 0.003, 0.5, 0.375, -0.22, -0.03)})
