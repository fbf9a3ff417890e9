"""The template of model cards."""

from dataclasses import fields

from distill.export.model_card import ModelCard, environment_text


def test_every_text_stands_under_its_title() -> None:
    texts = {field.name: f"text of {field.name}" for field in fields(ModelCard)}
    assert ModelCard(**texts).markdown().split("\n\n") == [
        "# text of title",
        "text of summary",
        "## Measured",
        "text of measured",
        "## Made with",
        "text of made_with",
        "## Data",
        "text of data",
        "## Known failures",
        "text of known_failures",
        "## Licence",
        "text of licence\n",
    ]


def test_an_environment_is_one_line() -> None:
    assert environment_text({"python": "3.11.9", "device": "NVIDIA H100"}) == "python 3.11.9, device NVIDIA H100"
    assert environment_text({}) == ""
