"""Error sentences are found in the code as a user sees them."""

from pathlib import Path

from website.errors.sentences import Sentence, find_sentences, sentences_of


def texts(tmp_path: Path, code: str) -> list[str]:
    file = tmp_path / "pipeline" / "a.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(code, encoding="utf-8")
    return [sentence.text for sentence in sentences_of(file, tmp_path)]


def test_values_stand_as_words(tmp_path: Path) -> None:
    code = (
        'def f(path, self):\n    raise ValueError(f"gallery {path}: expected {self._wide[0]}, got {len(self.rows):,}")'
    )
    assert texts(tmp_path, code) == ["gallery ⟨path⟩: expected ⟨wide⟩, got ⟨rows⟩"]


def test_named_texts_and_sums_are_read(tmp_path: Path) -> None:
    code = 'WHY = "it is full"\ndef f(x):\n    raise OSError(f"disk: {WHY}; " + f"make room on {x}")\n'
    assert texts(tmp_path, code) == ["disk: it is full; make room on ⟨x⟩"]


def test_either_text_of_a_choice_is_shown(tmp_path: Path) -> None:
    assert texts(tmp_path, 'def f(x):\n    raise ValueError("one" if x else "two")\n') == ["one or two"]


def test_details_of_http_answers_are_sentences(tmp_path: Path) -> None:
    assert texts(tmp_path, 'raise HTTPException(404, detail="There is no such page.")\n') == ["There is no such page."]


def test_errors_without_words_and_those_for_programmers_are_left_out(tmp_path: Path) -> None:
    code = 'def f(error):\n    raise AssertionError("never")\ndef g(error):\n    raise ValueError(str(error))\n'
    assert texts(tmp_path, code) == []


def test_a_sentence_stands_once_a_file(tmp_path: Path) -> None:
    assert texts(tmp_path, 'def f():\n    raise ValueError("x")\ndef g():\n    raise ValueError("x")\n') == ["x"]


def test_files_of_the_packages_are_searched_and_no_others(tmp_path: Path) -> None:
    for folder in ("pipeline/deep", "tests"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text('raise m.OddError("x")\n', encoding="utf-8")
    assert find_sentences(tmp_path) == [Sentence("pipeline/deep/a.py", "OddError", "x")]
