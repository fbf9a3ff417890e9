"""The tables of docs/licences.md: weight files, their data sets and their teachers."""

from pathlib import Path

from configs.markdown import table
from install.provenance.cards import hash_file
from install.provenance.record import ROOT, Record, may_be_used_for

DIGITS = 16


def make_tables(record: Record, root: Path = ROOT) -> str:
    """Three tables under headings, Markdown."""
    files = table(["file", "may be used for", "SHA-256 begins", "taught by"], _files(record, root))
    data = table(["set", "what", "licence found", "permits"], _data(record))
    teachers = table(["teacher", "what", "licence found", "learnt from"], _teachers(record))
    return f"### Files\n\n{files}\n\n### Data sets\n\n{data}\n\n### Teachers\n\n{teachers}"


def _files(record: Record, root: Path) -> list[list[str]]:
    rows = []
    for path, card in record.cards.items():
        for name in card.files:
            digits = hash_file((root / path).with_name(name))[:DIGITS]
            taught = ", ".join(record.teachers[teacher].file.removesuffix(".onnx") for teacher in card.teachers)
            rows.append([f"[`{name}`](../{path})", may_be_used_for(record, card), f"`{digits}`", taught])
    return rows


def _data(record: Record) -> list[list[str]]:
    return [[name, source.what, source.licence, source.permits] for name, source in record.data.items()]


def _teachers(record: Record) -> list[list[str]]:
    return [[f"`{one.file}`", one.what, one.licence, one.learnt_from] for one in record.teachers.values()]
