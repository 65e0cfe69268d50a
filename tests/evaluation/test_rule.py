"""A predictor that is a function: what it answers, and how it is stored without pickle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.exceptions import RecordError
from evaluation.predictors import load_predictor, may_be_loaded, save_predictor
from evaluation.rule import FILE, Rule
from evaluation.texts.words import fold
from poc.request_classification.keywords import fit_keywords


def test_each_input_is_answered_by_the_function_and_what_it_goes_by() -> None:
    assert Rule(str.replace, {}).settings == {}
    assert Rule(fold, {}).predict(["Été", "Œuf"]) == ["ete", "oeuf"]
    assert Rule(lambda text, suffix: text + suffix, {"suffix": "!"}).predict(["a", "b"]) == ["a!", "b!"]


def test_it_is_stored_by_the_functions_name_and_its_settings(tmp_path: Path) -> None:
    from evaluation.texts.sentences import cut_words

    rule = Rule(cut_words, {"most": 2})
    assert may_be_loaded(rule)
    save_predictor(rule, tmp_path / "rule")
    assert json.loads((tmp_path / "rule" / FILE).read_text(encoding="utf-8"))["settings"] == {"most": 2}
    again = load_predictor(tmp_path / "rule")
    assert again.predict(["un deux trois"]) == rule.predict(["un deux trois"])
    assert again.predict(["un deux trois"]) != ["un deux trois"]


def stored(folder: Path, module: str, function: str) -> Path:
    save_predictor(Rule(fold, {}), folder)
    written = {"module": module, "function": function, "settings": {}}
    (folder / FILE).write_text(json.dumps(written), encoding="utf-8")
    return folder


def test_a_function_of_a_package_that_is_not_trusted_is_not_even_imported(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        load_predictor(stored(tmp_path / "rule", "os", "system"))
    assert caught.value.found == "os"


@pytest.mark.parametrize(("module", "function"), [("evaluation.texts.words", "gone"), ("evaluation.texts.gone", "fold")])
def test_a_function_that_is_gone_says_how_to_make_the_model_again(tmp_path: Path, module: str, function: str) -> None:
    with pytest.raises(RecordError) as caught:
        load_predictor(stored(tmp_path / "rule", module, function))
    assert caught.value.expected == f"the function {function} in {module}, by which this model answers"


def test_a_function_of_a_poc_may_be_loaded(tmp_path: Path) -> None:
    # It is called with samples and no text, so it is only looked up here.
    found = load_predictor(stored(tmp_path / "rule", fit_keywords.__module__, "fit_keywords"))
    assert isinstance(found, Rule)
    assert found.answer.__qualname__ == fit_keywords.__qualname__
