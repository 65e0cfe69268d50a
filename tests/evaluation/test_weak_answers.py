"""The worst answers that are texts: in which order, what is held against each, and what is said where they cannot be had."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

import pytest

import poc
from evaluation.candidate import Predictor
from evaluation.data.card import file_sha256
from evaluation.exceptions import DataError, NameNotFoundError
from evaluation.footprint import PeakMemory
from evaluation.metrics import Metric
from evaluation.records.store import Store, open_store
from evaluation.run import Campaign, Prediction, Run
from evaluation.scoring import short_hash
from evaluation.task import Task, Unit
from evaluation.texts.metrics import fact_recall, reading_ease_fr, rouge, unsupported_facts
from evaluation.weak_answers import WeakAnswer, find_weak_answers
from tests.conftest import Outcome, Preuve, Recorded, command, write_csv, write_machine_file
from tests.evaluation.test_comparison_json import valid
from tests.records import make_campaign, make_data, make_run

COLUMNS = ("id", "note", "summary", "facts")
ROWS = (
    ("n1", "Le bureau ferme le 3 mai à 17h pour 12 agents.", "Fermeture le 3 mai.", "3 mai\n17h || 5 heures\n12 agents"),
    ("n2", "La salle coûte 80 euros par jour.", "Une salle à 80 euros.", "80 euros"),
    ("n3", "Le stade ouvre lundi.", "Stade lundi.", ""),
)
NOTES = {identity: text for identity, text, *_ in ROWS}
TASK = Task("notes", "1", "notes.csv", "note", "summary", Unit("one note", 1), (fact_recall, unsupported_facts), marks=("facts",))


class Writer:
    """Answers as it was told to, by input."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def predict(self, inputs: Sequence[str], /) -> Sequence[str]:
        self.asked += inputs
        return [self.answers[each] for each in inputs]


class Shelf(Store):
    """Has this predictor for any run."""

    def __init__(self, predictor: Predictor | None = None) -> None:
        self.predictor = predictor

    def load_model(self, campaign: Campaign, run: Run) -> Predictor:
        assert run in campaign.runs
        assert self.predictor is not None
        return self.predictor


def given(identity: str, answer: str, parts: Mapping[str, tuple[float, float]] | None = None, **changes: Any) -> Prediction:
    """What was recorded of an answer."""
    usual: dict[str, Any] = {"expected": "e" * 32, "predicted": short_hash(answer), "score": None, "parts": dict(parts or {})}
    return Prediction(id=identity, **usual | changes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "notes.csv", ROWS, COLUMNS)


def campaign_of(file: Path, *predictions: Prediction, marks: Sequence[str] = ("facts",), **changes: Any) -> Campaign:
    data = make_data(
        str(file), sha256=file_sha256(file), input="note", target="summary", marks=tuple(marks), classes=0, test_samples=3
    )
    run = make_run("writer", predictions=predictions, **changes)
    return make_campaign(run, task="notes", data=data, answers_are_texts=True, metrics=("fact_recall", "unsupported_facts"))


def worst(
    campaign: Campaign, answers: Mapping[str, str], metrics: Sequence[Metric] = TASK.metrics, most: int = 20
) -> tuple[list[WeakAnswer], str, int]:
    """The worst of these answers, by id, the name of the metric that says which, and the number of all."""
    task = replace(TASK, metrics=metrics)
    writer = Writer({NOTES[identity]: answer for identity, answer in answers.items()})
    found, metric, number = find_weak_answers(campaign, task, "writer", 0, Shelf(writer), most)
    assert writer.asked == [NOTES[each.id] for each in found]
    return found, metric.name, number


PLAIN = {"n1": "Le bureau ferme.", "n2": "La salle.", "n3": "Le stade."}


def recorded(metric: str, **amounts: tuple[float, float]) -> list[Prediction]:
    return [given(identity, PLAIN[identity], {metric: part}) for identity, part in amounts.items()]


# In which order


@pytest.mark.parametrize(
    ("metric", "order", "scores"),
    [(fact_recall, ["n1", "n3", "n2"], [0.25, 0.5, 0.75]), (unsupported_facts, ["n2", "n3", "n1"], [0.75, 0.5, 0.25])],
)
def test_the_worst_comes_first_by_metrics_of_either_direction(
    file: Path, metric: Metric, order: list[str], scores: list[float]
) -> None:
    campaign = campaign_of(file, *recorded(metric.name, n1=(1, 4), n2=(3, 4), n3=(1, 2)))
    found, name, number = worst(campaign, PLAIN, [metric])
    assert [each.id for each in found] == order
    assert [each.score for each in found] == scores
    assert (name, number) == (metric.name, 3)


@pytest.mark.parametrize("metric", [fact_recall, unsupported_facts])
def test_what_the_metric_says_nothing_of_comes_last_and_has_no_score(file: Path, metric: Metric) -> None:
    campaign = campaign_of(file, *recorded(metric.name, n1=(0, 0), n2=(0, 1), n3=(1, 1)))
    found = worst(campaign, PLAIN, [metric])[0]
    assert (found[-1].id, found[-1].score) == ("n1", None)
    assert {each.score for each in found[:-1]} == {0, 1}


def test_a_score_that_is_no_number_is_none(file: Path) -> None:
    campaign = campaign_of(file, *recorded("fact_recall", n1=(nan, 1), n2=(3, 4), n3=(1, 4)))
    found, name, _ = worst(campaign, PLAIN)
    assert [(each.id, each.score) for each in found] == [("n3", 0.25), ("n2", 0.75), ("n1", None)]
    assert name == "fact_recall"


def test_only_so_many_are_given_again(file: Path) -> None:
    campaign = campaign_of(file, *recorded("fact_recall", n1=(1, 4), n2=(3, 4), n3=(1, 2)))
    found, _, number = worst(campaign, PLAIN, most=2)
    assert [each.id for each in found] == ["n1", "n3"]
    assert number == 3


@pytest.mark.parametrize("nothing", [(0.0, 0.0), (nan, 1.0)])
def test_a_metric_that_says_nothing_is_passed_over(file: Path, nothing: tuple[float, float]) -> None:
    amounts = {"n1": (1.0, 4.0), "n2": (3.0, 4.0), "n3": (2.0, 4.0)}
    answers = [
        given(identity, PLAIN[identity], {"fact_recall": nothing, "unsupported_facts": part}) for identity, part in amounts.items()
    ]
    found, name, _ = worst(campaign_of(file, *answers, marks=()), PLAIN)
    assert name == "unsupported_facts"
    assert [each.id for each in found] == ["n2", "n3", "n1"]
    # A metric that the POC has since this campaign only says nothing of it either.
    assert worst(campaign_of(file, *answers), PLAIN, [reading_ease_fr, rouge(1), unsupported_facts])[1] == "unsupported_facts"


def test_where_no_metric_says_anything_answers_are_shown_without_a_score(file: Path) -> None:
    found, name, _ = worst(campaign_of(file, given("n3", PLAIN["n3"]), given("n1", PLAIN["n1"])), PLAIN)
    assert name == "fact_recall"
    assert [(each.id, each.score) for each in found] == [("n3", None), ("n1", None)]


# What is wrong


def test_facts_that_are_missing_and_that_are_not_in_the_source_are_told(file: Path) -> None:
    answer = "Le bureau ferme le 3 mai à 18h."
    campaign = campaign_of(file, given("n1", answer, {"fact_recall": (1 / 3, 1)}))
    (found,) = worst(campaign, {"n1": answer})[0]
    assert found == WeakAnswer(
        "n1", 1 / 3, ("lacks 17h", "lacks 12 agents", "not in the source: 18h"), answer, "Fermeture le 3 mai."
    )


def test_of_a_good_answer_nothing_is_told(file: Path) -> None:
    answer = "Le 3 mai, fermeture à 17 heures pour 12 agents."
    (found,) = worst(campaign_of(file, given("n1", answer, {"fact_recall": (1, 1)})), {"n1": answer})[0]
    assert found.wrong == ()


def test_without_a_column_of_facts_none_is_missing(file: Path) -> None:
    answer = "Le bureau ferme."
    (found,) = worst(campaign_of(file, given("n1", answer), marks=()), {"n1": answer})[0]
    assert found.wrong == ()


@pytest.mark.parametrize(("share", "told"), [(0.5, "read 50 % of it"), (0.999, "read > 99 % of it"), (0.0, "read 0 % of it")])
def test_what_is_odd_and_how_much_was_read_are_told_before_what_metrics_hold_against_it(
    file: Path, share: float, told: str
) -> None:
    answer = "La salle."
    prediction = given("n2", answer, {"fact_recall": (0, 1)}, flags=("too short", "no verb"), share_read=share)
    (found,) = worst(campaign_of(file, prediction), {"n2": answer})[0]
    assert found.wrong == ("too short", "no verb", told, "lacks 80 euros")


def test_an_answer_that_is_another_one_now_is_told_and_shown_as_it_is_now(file: Path) -> None:
    campaign = campaign_of(file, given("n2", "La salle coûte 80 euros.", {"fact_recall": (1, 1)}))
    (found,) = worst(campaign, {"n2": "La salle coûte 90 euros."})[0]
    assert found.answer == "La salle coûte 90 euros."
    # The score is that of the campaign.
    assert found.score == 1
    assert found.wrong == (
        "not the answer that was recorded: asked again, among fewer, the model gives this one",
        "lacks 80 euros",
        "not in the source: 90 euros",
    )


def test_a_sample_without_a_right_answer_has_none_to_show(file: Path) -> None:
    write_csv(file, [*ROWS[:2], ("n3", NOTES["n3"], "", "stade || gymnase")], COLUMNS)
    (found,) = worst(campaign_of(file, given("n3", "Lundi.", {"fact_recall": (0, 1)})), {"n3": "Lundi."})[0]
    assert (found.expected, found.wrong) == ("", ("lacks stade",))


def test_what_a_predictor_returns_is_taken_as_a_text_as_it_was_when_it_was_recorded(file: Path) -> None:
    campaign = campaign_of(file, given("n2", "80", {"fact_recall": (0, 1)}))
    (found,) = worst(campaign, {"n2": 80})[0]  # type: ignore[dict-item]
    assert (found.answer, found.wrong) == ("80", ("lacks 80 euros",))


# What cannot be had


def test_who_gave_no_answers_is_named(file: Path) -> None:
    campaign = campaign_of(file, given("n1", "a"))
    with pytest.raises(NameNotFoundError) as refused:
        find_weak_answers(campaign, TASK, "writter", 0, Shelf(), 1)
    assert refused.value.remedy == "did you mean writer?"
    with pytest.raises(NameNotFoundError) as refused:
        find_weak_answers(campaign, TASK, "writer", 1, Shelf(), 1)
    assert refused.value.expected == "answers of writer with seed 1"


def test_texts_of_a_file_that_has_changed_are_not_shown(file: Path) -> None:
    campaign = campaign_of(file, given("n1", "a"))
    write_csv(file, [*ROWS, ("n4", "Un de plus.", "Un.", "")], COLUMNS)
    with pytest.raises(DataError, match="it has changed"):
        find_weak_answers(campaign, TASK, "writer", 0, Shelf(), 1)


# From the command line, with a POC that is made here

CODE = '''
import json
from evaluation.candidate import Candidate
from evaluation.metrics import Part, text_metric
from evaluation.task import Task, Unit
from evaluation.texts.metrics import compression, fact_recall, rouge, unsupported_facts

ENDING = "."


class Head:
    """So many words of the beginning, then how it ends now."""

    packages = ()

    def __init__(self, words, ending=""):
        self.words, self.ending = words, ending

    def predict(self, inputs):
        return [" ".join(each.split()[: self.words]) + self.ending + ENDING for each in inputs]

    def shares_read(self, inputs):
        return [0.25 if self.ending else 1.0 for each in inputs]

    def save(self, folder):
        if self.words == 8:
            raise ValueError("of eight words nothing is kept")
        (folder / "head.json").write_text(json.dumps([self.words, self.ending]))

    @classmethod
    def load(cls, folder):
        return cls(*json.loads((folder / "head.json").read_text()))


def fit_head(train, *, seed, words, most):
    return Head(words + seed)


def fit_rambler(train, *, seed, most):
    return Head(7 + seed, ", en 1999 \\x1b[31m[red]" + "encore " * most)


def flags(sample, answer, conditions):
    return ["too long"] if len(answer.split()) > conditions["most"] else []


def length(sample, answer):
    return Part(len(answer))


TASK = Task(
    "hall-notes", "1", "none.csv", "note", "summary", Unit("one note", 1),
    (fact_recall, unsupported_facts, rouge(1), text_metric("letters", length, higher_is_better=False, bounds=(0.0, float("inf")))),
    marks=("facts",), conditions={"most": 9}, flags=flags,
)
CANDIDATES = (
    Candidate("lead", fit_head, params={"words": 5}, baseline=True),
    Candidate("rambler", fit_rambler),
)
'''
GOALS = (
    '[unit]\nname = "one note"\nsize = 1\n[goal.quality]\nmetric = "fact_recall"\nfloor = 0.5\n'
    '[[goal.guardrail]]\nmetric = "unsupported_facts"\nceiling = 0.02\n[[goal.guardrail]]\nmetric = "rouge_1"\nfloor = 0.1\n'
)
HALLS = [
    (f"n{hall}", f"La salle {hall} ouvre à {hall}h et coûte {10 * hall} euros.", f"Salle {hall}.", f"{10 * hall} euros")
    for hall in range(3, 23)
]
QUICK = ["--text", "note", "--target", "summary", "--licence", "etalab-2.0", "--rounds", "1", "--window", "0.5"]


@pytest.fixture(scope="module")
def halls(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """A campaign of two candidates with two seeds, run once."""
    place = tmp_path_factory.mktemp("halls")
    folder = place / "poc" / "hall_notes"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(CODE, encoding="utf-8")
    (folder / "goals.toml").write_text(GOALS, encoding="utf-8")
    shutil.copy(new_database, place / "mlflow.db")
    data = write_csv(place / "halls.csv", HALLS, COLUMNS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poc, "__path__", [str(place / "poc")])
        patch.setattr("evaluation.campaign.find_peak_memory", lambda *_: PeakMemory(100.0))
        with pytest.MonkeyPatch.context() as home:
            for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
                home.setenv(variable, str(place))
            home.setattr(tempfile, "tempdir", str(place))
            write_machine_file(place)
            assert command("run", "hall-notes", "--data", data, *QUICK, "--seeds", "2", "--personal-data", "no") == 0
            (campaign_id,) = open_store("hall-notes").campaign_ids()
        yield Recorded(place, data, campaign_id)
    for name in [each for each in sys.modules if each.startswith("poc.hall_notes")]:
        del sys.modules[name]


@pytest.fixture
def at_halls(halls: Recorded, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setenv("PREUVE_HOME", str(halls.home))
    return halls


def errors(preuve: Preuve, place: Recorded, candidate: str, *options: str) -> Outcome:
    return preuve("errors", "hall-notes", "--campaign", place.id, "--candidate", candidate, *options)


def read_errors(preuve: Preuve, place: Recorded, candidate: str, *options: str) -> dict[str, Any]:
    outcome = errors(preuve, place, candidate, "--json", *options)
    assert outcome.status == 0, outcome.out + outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def test_errors_shows_the_worst_texts_in_a_table(preuve: Preuve, at_halls: Recorded) -> None:
    shown = errors(preuve, at_halls, "rambler", "--limit", "2")
    assert shown.status == 0, shown.err
    words = " ".join(shown.out.split())
    assert f"rambler: the 2 worst of 6 answers by fact_recall (campaign {at_halls.id})" in words
    for heading in ("Sample", "fact_recall", "What is wrong", "Answer", "Expected"):
        assert heading in words
    assert words.count("too long") == 2
    # What a model writes cannot drive the terminal.
    assert "\x1b" not in shown.out
    assert "[red]" in shown.out.replace("\n", "")


def test_errors_for_programs_has_the_answers_that_each_seeds_own_model_gives_again(preuve: Preuve, at_halls: Recorded) -> None:
    for seed in (0, 1):
        found = read_errors(preuve, at_halls, "lead", "--seed", str(seed))
        assert (found["campaign"], found["metric"], found["answers"]) == (at_halls.id, "fact_recall", 6)
        assert len(found["worst"]) == 6
        notes = {identity: (text, right, fact) for identity, text, right, fact in HALLS}
        for each in found["worst"]:
            text, right, fact = notes[each["id"]]
            assert each == {
                "id": each["id"],
                "score": 0.0,
                "wrong": [f"lacks {fact}"],
                "answer": f"{' '.join(text.split()[: 5 + seed])}.",
                "expected": right,
            }


def test_the_limit_holds_for_programs_too(preuve: Preuve, at_halls: Recorded) -> None:
    assert len(read_errors(preuve, at_halls, "lead", "--limit", "1")["worst"]) == 1


def test_a_model_that_answers_otherwise_now_is_told(preuve: Preuve, at_halls: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poc.hall_notes.ENDING", " !")
    (found,) = read_errors(preuve, at_halls, "lead", "--limit", "1")["worst"]
    assert found["answer"].endswith(" !")
    assert found["wrong"][0] == "not the answer that was recorded: asked again, among fewer, the model gives this one"


def refusal(outcome: Outcome) -> dict[str, str]:
    assert outcome.status == 2, outcome.out
    error: dict[str, str] = json.loads(outcome.out)["error"]
    return error


def test_a_model_that_could_not_be_saved_is_not_there_to_answer(preuve: Preuve, at_halls: Recorded) -> None:
    assert refusal(errors(preuve, at_halls, "rambler", "--seed", "1", "--json")) == {
        "expected": "the model of rambler seed 1, which gives its answers again",
        "found": "it was not stored",
        "where": f"campaign {at_halls.id}",
        "remedy": "preuve run hall-notes --candidate rambler; --personal-data no, if there are none",
    }
    # With the other seed it could.
    assert read_errors(preuve, at_halls, "rambler")["answers"] == 6


def test_a_model_whose_class_is_gone_is_an_error_that_names_it(
    preuve: Preuve, at_halls: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("poc.hall_notes.Head")
    error = refusal(errors(preuve, at_halls, "lead", "--json"))
    assert error["expected"] == "the class Head in poc.hall_notes, which wrote this model"
    assert "has no attribute 'Head'" in error["found"]


def test_a_campaign_of_texts_is_compared_and_judged(preuve: Preuve, at_halls: Recorded) -> None:
    found = valid(json.loads(preuve("compare", at_halls.id, "--json").out))
    lead, rambler = found["candidates"]
    assert found["metric"] == "fact_recall"
    assert (found["campaign"]["answers_are_texts"], found["campaign"]["conditions"]) == (True, {"most": 9})
    assert (lead["odd_answers"], lead["inputs_cut"], lead["least_share_read"]) == ({}, 0, 1.0)
    assert (rambler["odd_answers"], rambler["inputs_cut"], rambler["least_share_read"]) == ({"too long": 12}, 12, 0.25)
    assert lead["scores"]["fact_recall"]["value"] == 0
    outcomes = {goal["goal"]: goal["outcome"] for goal in rambler["verdict"]["goals"]}
    assert outcomes["guardrail unsupported_facts"] == "missed"
    page = preuve("compare", at_halls.id)
    assert page.status == 0, page.err
    words = " ".join(page.out.split())
    for told in (
        "The other metrics",
        "Asked of all alike: most = 9.",
        "Odd answers of rambler",
        "too long (12 of 12)",
        "of 12 of 12 it read",
    ):
        assert told in words
    assert "classes" not in words


def test_list_has_a_line_for_each_guardrail(preuve: Preuve, at_halls: Recorded) -> None:
    lines = [line.split() for line in preuve("list").out.splitlines()]
    assert ["guardrail", "unsupported_facts", "≤", "0.02"] in lines
    assert ["guardrail", "rouge_1", "≥", "0.1"] in lines
    (listed,) = json.loads(preuve("list", "--json").out)
    assert listed["goals"]["guardrail unsupported_facts"] == {
        "name": "guardrail",
        "ceiling": 0.02,
        "metric": "unsupported_facts",
    }
