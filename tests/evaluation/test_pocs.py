"""Finding POCs and candidates by name, and changing a candidate's parameters from the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import poc
from evaluation.candidate import Candidate, Predictor
from evaluation.exceptions import DataError, NameNotFoundError, PreuveError
from evaluation.home import PROJECT
from evaluation.listing import broken_dict, broken_text, poc_dict, poc_text
from evaluation.metrics import accuracy
from evaluation.pocs import Poc, change_params, find_poc, find_pocs, look_for_pocs
from evaluation.samples import Samples
from evaluation.task import Task, Unit

PACKAGE = """
from evaluation.metrics import accuracy
from evaluation.task import Task, Unit
TASK = Task("meter-reading", "1", "meters.csv", "photo", "digits", Unit("one meter", 1), (accuracy,))
CANDIDATES = ()
"""
GOALS = '[unit]\nname = "one meter"\nsize = 1\n[goal.class_recall]\nfloor = 0.5\n'


def fit_anything(train: Samples, *, seed: int, C: float = 1.0, words: Sequence[str] = (), note: str = "") -> Predictor:
    raise NotImplementedError


LABELS = Task("routing", "1", "requests.csv", "message", "service", Unit("one request", 1), (accuracy,))


def poc_of(candidates: Sequence[Candidate], task: Task = LABELS) -> Poc:
    return Poc(Path("poc/routing"), task, candidates)


def settings_after(*changes: str) -> dict[str, Any]:
    """What the candidate `linear` is fitted with after these changes."""
    candidates = [Candidate("linear", fit_anything, {"C": 2.0})]
    _, (changed,) = change_params(poc_of(candidates), candidates, changes)
    return changed.settings


@pytest.fixture
def routing() -> Poc:
    names = ("keywords", "tfidf-logreg", "tfidf-linearsvc")
    return poc_of([Candidate(name, fit_anything) for name in names])


@pytest.fixture
def poc_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which POCs are looked for, in place of the project's own."""
    monkeypatch.setattr(poc, "__path__", [str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("poc."):
            del sys.modules[name]
            delattr(poc, name.removeprefix("poc."))


def test_every_package_of_the_folder_is_a_poc(poc_folder: Path) -> None:
    (poc_folder / "meter_reading").mkdir()
    (poc_folder / "meter_reading" / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    (poc_folder / "meter_reading" / "goals.toml").write_text(GOALS, encoding="utf-8")
    (poc_folder / "a_folder_without_code").mkdir()
    (poc_folder / "a_module.py").write_text("TASK = CANDIDATES = None", encoding="utf-8")
    (found,) = find_pocs()
    assert found.task.name == "meter-reading"
    assert found.folder == poc_folder / "meter_reading"
    assert list(found.goals.goal) == ["class_recall"]


def test_no_package_is_no_poc(poc_folder: Path) -> None:
    assert poc_folder.is_dir()
    assert find_pocs() == []
    with pytest.raises(NameNotFoundError) as caught:
        find_poc("routing")
    assert caught.value.expected == "a POC: there is none"


@pytest.mark.parametrize("name", ["request-classification", "request_classification"])
def test_a_poc_is_found_by_its_name_or_its_folders(name: str) -> None:
    assert find_poc(name).task.name == "request-classification"


def test_for_a_name_written_wrongly_the_nearest_poc_is_offered() -> None:
    with pytest.raises(NameNotFoundError) as caught:
        find_poc("request-clasification")
    assert caught.value.found == "'request-clasification'"
    assert caught.value.remedy == "did you mean request-classification?"


def test_for_a_name_like_none_the_list_is_offered() -> None:
    with pytest.raises(NameNotFoundError) as caught:
        find_poc("xyz")
    assert caught.value.remedy == "preuve list shows what there is"


def test_candidates_are_chosen_in_the_pocs_order_each_once(routing: Poc) -> None:
    chosen = routing.choose(["tfidf-linearsvc", "keywords", "tfidf-linearsvc"])
    assert [candidate.name for candidate in chosen] == ["keywords", "tfidf-linearsvc"]


def test_all_candidates_are_chosen_where_none_is_named(routing: Poc) -> None:
    assert routing.choose([]) == routing.candidates


def test_for_a_candidate_written_wrongly_the_nearest_one_is_offered(routing: Poc) -> None:
    with pytest.raises(NameNotFoundError) as caught:
        routing.choose(["keywords", "tfidf-logrge"])
    assert caught.value.remedy == "did you mean tfidf-logreg?"
    assert caught.value.where == "POC routing"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("true", True),
        ("null", None),
        ('["a", "b"]', ["a", "b"]),
        ('"5"', "5"),
        ("camembert/base", "camembert/base"),
        ("a=b.c", "a=b.c"),
        ("True", "True"),
        ("", ""),
    ],
)
def test_a_parameters_value_is_json_or_else_a_text(written: str, value: object) -> None:
    found = settings_after(f"linear.note={written}")["note"]
    assert (found, type(found)) == (value, type(value))


def test_parameters_that_are_not_changed_stay() -> None:
    assert settings_after("linear.words=[]") == {"C": 2.0, "words": [], "note": ""}


def test_changes_add_up_and_the_last_one_of_a_parameter_holds() -> None:
    assert settings_after("linear.C=5", "linear.note=x", "linear.C=7") == {"C": 7, "words": (), "note": "x"}


def test_a_change_leaves_the_other_candidates_and_the_original_alone() -> None:
    candidates = [Candidate("first", fit_anything), Candidate("second", fit_anything, {"C": 2.0}), Candidate("third", fit_anything)]
    _, changed = change_params(poc_of(candidates), candidates, ["second.C=5"])
    assert [candidate.settings["C"] for candidate in changed] == [1.0, 5, 1.0]
    assert [candidate.name for candidate in changed] == ["first", "second", "third"]
    assert candidates[1].settings["C"] == 2.0


@pytest.mark.parametrize("change", ["", "linear", "linear.C", "C=5", "linear=5", "linear.=5"])
def test_a_change_written_otherwise_is_answered_with_how_to_write_it(change: str) -> None:
    with pytest.raises(PreuveError) as caught:
        settings_after(change)
    assert caught.value.expected == "NAME.KEY=VALUE"
    assert caught.value.found == repr(change)


@pytest.mark.parametrize(("change", "remedy"), [("lineal.C=5", "did you mean linear?"), ("linear.word=[]", "did you mean words?")])
def test_for_a_candidate_or_parameter_written_wrongly_the_nearest_one_is_offered(change: str, remedy: str) -> None:
    with pytest.raises(NameNotFoundError) as caught:
        settings_after(change)
    assert caught.value.remedy == remedy


@pytest.mark.parametrize("internal", ["seed", "train"])
def test_the_seed_and_the_samples_are_no_parameters(internal: str) -> None:
    with pytest.raises(NameNotFoundError):
        settings_after(f"linear.{internal}=1")


# Conditions of all candidates


CONDITIONS: dict[str, Any] = {"words": 150, "share": 0.1, "language": "fr", "strict": True}


def fit_writer(train: Samples, *, seed: int, words: int, model: str = "small") -> Predictor:
    raise NotImplementedError


def conditions_after(*changes: str) -> dict[str, Any]:
    candidates = [Candidate("lead", fit_writer), Candidate("writer", fit_writer, {"model": "large"})]
    asked = poc_of(candidates, replace(LABELS, conditions=CONDITIONS))
    changed, chosen = change_params(asked, candidates, changes)
    assert asked.task.conditions == CONDITIONS
    assert [each.name for each in chosen] == ["lead", "writer"]
    assert replace(changed, task=asked.task) == asked
    return dict(changed.task.conditions)


@pytest.mark.parametrize(
    ("change", "condition", "value"),
    [
        ("words=100", "words", 100),
        ("words=1", "words", 1),
        ("share=0.5", "share", 0.5),
        # A share of 2 is a number like any other.
        ("share=2", "share", 2.0),
        ("language=en", "language", "en"),
        ("language=a=b.c", "language", "a=b.c"),
        ("strict=false", "strict", False),
    ],
)
def test_a_condition_is_changed_for_all_candidates_alike(change: str, condition: str, value: object) -> None:
    found = conditions_after(change)
    assert found == CONDITIONS | {condition: value}
    assert type(found[condition]) is type(CONDITIONS[condition])


def test_the_last_change_of_a_condition_holds_and_no_change_leaves_all() -> None:
    assert conditions_after("words=100", "language=en", "words=50") == CONDITIONS | {"words": 50, "language": "en"}
    assert conditions_after() == CONDITIONS


def test_conditions_and_parameters_are_changed_together() -> None:
    candidates = [Candidate("writer", fit_writer)]
    asked = poc_of(candidates, replace(LABELS, conditions={"words": 150}))
    changed, (writer,) = change_params(asked, candidates, ["words=100", "writer.model=large"])
    assert (changed.task.conditions, writer.params) == ({"words": 100}, {"model": "large"})


def test_for_a_condition_written_wrongly_the_nearest_one_is_offered() -> None:
    with pytest.raises(NameNotFoundError) as caught:
        conditions_after("word=100")
    assert (caught.value.remedy, caught.value.where) == ("did you mean words?", "--param")
    assert caught.value.expected == "a condition of all candidates: words, share, language, strict"


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        ("words=0", "a whole number above 0", "0"),
        ("words=-5", "a whole number above 0", "-5"),
        ("words=1.5", "a whole number above 0", "1.5"),
        ("words=true", "a whole number above 0", "True"),
        ("words=many", "a whole number above 0", "'many'"),
        ("words=", "a whole number above 0", "''"),
        ("words=null", "a whole number above 0", "None"),
        ("share=0", "a number above 0", "0.0"),
        ("share=-0.1", "a number above 0", "-0.1"),
        ("share=NaN", "a number above 0", "nan"),
        ("share=Infinity", "a number above 0", "inf"),
        (f"share=1{'0' * 400}", "a number above 0", "inf"),
        ("language=5", "a str", "5"),
        ("strict=1", "a bool", "1"),
    ],
)
def test_a_condition_keeps_its_kind_and_a_number_is_above_0(change: str, expected: str, found: str) -> None:
    with pytest.raises(PreuveError) as caught:
        conditions_after(change)
    assert (caught.value.expected, caught.value.found, caught.value.where) == (expected, found, f"--param {change}")
    condition = change.partition("=")[0]
    assert caught.value.remedy == f"it is {CONDITIONS[condition]!r} where nothing is said"


@pytest.mark.parametrize("candidate", ["lead", "writer"])
def test_a_condition_is_not_changed_for_one_candidate_alone(candidate: str) -> None:
    with pytest.raises(PreuveError) as caught:
        conditions_after(f"{candidate}.words=100")
    assert (caught.value.expected, caught.value.found) == ("words the same for all candidates", f"one for {candidate}")
    assert caught.value.remedy == "--param words=100"


@pytest.mark.parametrize("change", ["", "=5", ".words=5", "words", "lead.=5"])
def test_a_change_written_otherwise_is_refused_where_there_are_conditions_too(change: str) -> None:
    with pytest.raises(PreuveError) as caught:
        conditions_after(change)
    assert (caught.value.expected, caught.value.found) == ("NAME.KEY=VALUE", repr(change))


# Folders that are broken


BROKEN = {
    "an import that fails": ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library'", ", line 1"),
    "no Python": ("TASK = 1\nCANDIDATES = [\n", "SyntaxError: ", ", line 2"),
    "a program that ends": ("import sys\n\nsys.exit('torch is needed')\n", "SystemExit: torch is needed", ", line 3"),
    "no task": ("import json\nCANDIDATES = ()\n", "no TASK", ", line 2"),
    "a task of another kind": ("\nTASK, CANDIDATES = 'routing', ()\n\n", "no TASK", ", line 2"),
    "no code": ("", "no TASK", ", line 1"),
    "no candidates": (PACKAGE.replace("CANDIDATES", "OTHERS"), "no CANDIDATES", ", line 5"),
    "one candidate alone": (PACKAGE.replace("= ()", "= 5") + "\n\n", "no CANDIDATES", ", line 5"),
    "candidates of another kind": (PACKAGE.replace("= ()", "= ['keywords']"), "no CANDIDATES", ", line 5"),
}


BROKEN_CARDS = [
    ("ai_act_tier: minimal", "ai_act_tier: high", ", ai_act_tier"),
    ("individual_decision: false", "individual_decision: true", ", individual_decision"),
    ("task_family:", "task_famly:", ", task_famly"),
    ("---\ntitle: ", "---\ntitle: [", "line 2"),
]


def write_poc(folder: Path, code: str = PACKAGE, goals: str = GOALS) -> Path:
    folder.mkdir()
    (folder / "goals.toml").write_text(goals, encoding="utf-8")
    (folder / "__init__.py").write_text(code, encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_folder_takes_no_other_poc_down_and_says_where_it_is_broken(poc_folder: Path, kind: str) -> None:
    code, found, line = BROKEN[kind]
    write_poc(poc_folder / "meter_reading")
    folder = write_poc(poc_folder / "a_broken_one", code)
    assert [each.task.name for each in find_pocs()] == ["meter-reading"]
    assert find_poc("meter-reading").folder == poc_folder / "meter_reading"
    for name in ("a-broken-one", "a_broken_one"):
        with pytest.raises(PreuveError) as caught:
            find_poc(name)
        assert caught.value.found.startswith(found)
        assert caught.value.where == f"{folder / '__init__.py'}{line}"


def test_the_line_that_is_named_is_the_pocs_own_and_the_innermost_one(poc_folder: Path) -> None:
    folder = write_poc(poc_folder / "a_broken_one", "\nfrom poc.a_broken_one.words import WORDS\n")
    (folder / "words.py").write_text("import json\n\n\nWORDS = json.loads('{')\n", encoding="utf-8")
    (broken,) = look_for_pocs()[1]
    assert broken.error.where == f"{folder / 'words.py'}, line 4"
    assert broken.error.found.startswith("JSONDecodeError: ")


def test_a_poc_whose_goals_are_broken_takes_no_other_down(poc_folder: Path) -> None:
    write_poc(poc_folder / "meter_reading")
    folder = write_poc(poc_folder / "a_broken_one", goals="[goal.energy\n")
    found, (broken,) = look_for_pocs()
    assert len(found) == 1
    assert broken.error.where == str(folder / "goals.toml")


def test_a_poc_needs_no_card(poc_folder: Path) -> None:
    folder = write_poc(poc_folder / "meter_reading")
    assert look_for_pocs()[1] == []
    (folder / "README.md").write_text("# Meter reading\n", encoding="utf-8")
    assert look_for_pocs()[1] == []


@pytest.mark.parametrize("file", ["README.md", "README.fr.md"])
@pytest.mark.parametrize(("before", "after", "field"), BROKEN_CARDS)
def test_a_poc_whose_card_is_broken_or_refused_takes_no_other_down(
    poc_folder: Path, file: str, before: str, after: str, field: str
) -> None:
    write_poc(poc_folder / "meter_reading")
    folder = write_poc(poc_folder / "a_broken_one", PACKAGE.replace("meter-reading", "a-broken-one"))
    sound = (PROJECT / "poc" / "request_classification" / "README.md").read_text(encoding="utf-8")
    for name in ("README.md", "README.fr.md"):
        (folder / name).write_text(sound, encoding="utf-8")
    assert len(find_pocs()) == 2
    (folder / file).write_text(sound.replace(before, after, 1), encoding="utf-8")
    found, (broken,) = look_for_pocs()
    assert [each.task.name for each in found] == ["meter-reading"]
    assert (broken.name, isinstance(broken.error, DataError)) == ("a-broken-one", True)
    assert broken.error.where.startswith(str(folder / file))
    assert broken.error.where.endswith(field)
    with pytest.raises(DataError):
        find_poc("a-broken-one")


@pytest.mark.parametrize(
    ("goals", "where"),
    [
        (GOALS.replace("one meter", "a meter"), "[unit] name"),
        (GOALS.replace("size = 1", "size = 2"), "[unit] size"),
        (GOALS + '[goal.quality]\nmetric = "macro_f1"\n', "[goal.quality] metric"),
        (GOALS + '[[goal.slice_recall]]\nslice = "channel"\nfloor = 0.5\n', "[[goal.slice_recall]] 1 slice"),
    ],
)
def test_a_poc_whose_goals_speak_of_something_else_than_its_task_is_broken(poc_folder: Path, goals: str, where: str) -> None:
    folder = write_poc(poc_folder / "meter_reading", goals=goals)
    (broken,) = look_for_pocs()[1]
    assert broken.error.where == f"{folder / 'goals.toml'}, {where}"


def test_the_citys_goals_hold_for_every_poc_and_are_none_themselves(poc_folder: Path) -> None:
    write_poc(poc_folder / "meter_reading")
    (poc_folder / "goals.toml").write_text("[goal.quality_gain]\nfloor = 0.03\n", encoding="utf-8")
    (found,), broken = look_for_pocs()
    assert list(found.goals.goal) == ["quality_gain", "class_recall"]
    assert broken == []


def test_a_mistake_in_the_citys_goals_breaks_the_pocs_and_is_named_there(poc_folder: Path) -> None:
    write_poc(poc_folder / "meter_reading")
    (poc_folder / "goals.toml").write_text("[goal.quality_gain]\nfloor = 3\n", encoding="utf-8")
    (broken,) = look_for_pocs()[1]
    assert broken.error.where == f"{poc_folder / 'goals.toml'}, [goal.quality_gain] floor"


def test_for_programs_a_goal_is_shown_without_the_entries_it_has_not(poc_folder: Path) -> None:
    write_poc(poc_folder / "meter_reading", goals=GOALS.replace("0.5", "0"))
    assert poc_dict(find_poc("meter-reading"))["goals"] == {"class_recall": {"name": "class_recall", "floor": 0.0}}


def test_a_poc_is_shown_with_the_bound_of_each_goal(poc_folder: Path) -> None:
    write_poc(poc_folder / "meter_reading", goals=f"{GOALS}[goal.development_kwh]\ntarget = 1\nceiling = 5\n")
    assert poc_text(find_poc("meter-reading")).splitlines()[-2:] == [
        "  goals       class_recall     ≥ 0.5",
        "              development_kwh  ≤ 5 kWh",
    ]


def test_for_a_broken_folders_name_written_wrongly_it_is_offered(poc_folder: Path) -> None:
    write_poc(poc_folder / "a_broken_one", "import no_such_library\n")
    with pytest.raises(NameNotFoundError) as caught:
        find_poc("a-brokn-one")
    assert caught.value.remedy == "did you mean a-broken-one?"


def test_a_broken_folder_is_shown_with_its_reason(poc_folder: Path) -> None:
    folder = write_poc(poc_folder / "a_broken_one", "import no_such_library\n")
    (broken,) = look_for_pocs()[1]
    reason = "ModuleNotFoundError: No module named 'no_such_library'"
    assert broken_text(broken).splitlines()[:3] == [
        "a-broken-one",
        f"  broken      {reason}",
        f"  where       {folder / '__init__.py'}, line 1",
    ]
    shown = broken_dict(broken)
    assert (shown["folder"], shown["error"]["found"]) == (str(folder), reason)


# Two of one name, and those that live elsewhere


def test_of_two_pocs_of_one_name_neither_is_found_and_both_are_named(poc_folder: Path) -> None:
    first, second = (write_poc(poc_folder / name) for name in ("meter_reading", "reading_meters"))
    write_poc(poc_folder / "benches", PACKAGE.replace("meter-reading", "benches"))
    found, broken = look_for_pocs()
    assert [each.task.name for each in found] == ["benches"]
    assert [(each.name, each.folder) for each in broken] == [("meter-reading", first), ("meter-reading", second)]
    with pytest.raises(PreuveError) as caught:
        find_poc("meter-reading")
    assert caught.value.found == "2 POCs called meter-reading"
    assert caught.value.where == f"{first / '__init__.py'}; {second / '__init__.py'}"


@pytest.fixture
def offer(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Path]]:
    """Puts a package where installed ones are, with what an installer writes down of its entry point; gives its folder."""
    site = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def put(name: str, code: str) -> Path:
        described = site / f"{name}-1.0.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (described / "entry_points.txt").write_text(f"[preuve.pocs]\n{name} = city_{name}\n", encoding="utf-8")
        return write_poc(site / f"city_{name}", code)

    yield put
    for module in set(sys.modules) - before:
        if module.startswith("city_"):
            del sys.modules[module]


def test_a_poc_that_an_installed_package_offers_is_found_after_those_of_the_folder(
    poc_folder: Path, offer: Callable[[str, str], Path]
) -> None:
    write_poc(poc_folder / "meter_reading")
    folder = offer("benches", PACKAGE.replace("meter-reading", "benches"))
    assert [each.task.name for each in find_pocs()] == ["meter-reading", "benches"]
    assert find_poc("benches").folder == folder


def test_the_citys_goals_hold_for_a_poc_that_lives_elsewhere(poc_folder: Path, offer: Callable[[str, str], Path]) -> None:
    (poc_folder / "goals.toml").write_text("[goal.quality_gain]\nfloor = 0.03\n", encoding="utf-8")
    offer("benches", PACKAGE.replace("meter-reading", "benches"))
    assert list(find_poc("benches").goals.goal) == ["quality_gain", "class_recall"]


def test_one_that_lives_elsewhere_and_is_broken_takes_no_other_down(poc_folder: Path, offer: Callable[[str, str], Path]) -> None:
    write_poc(poc_folder / "meter_reading")
    folder = offer("benches", "TASK = 1\nCANDIDATES = [\n")
    found, (broken,) = look_for_pocs()
    assert [each.task.name for each in found] == ["meter-reading"]
    assert (broken.name, broken.folder, broken.error.where) == ("benches", folder, f"{folder / '__init__.py'}, line 2")


def test_one_of_the_name_of_another_that_lives_elsewhere_is_told_apart(poc_folder: Path, offer: Callable[[str, str], Path]) -> None:
    here = write_poc(poc_folder / "meter_reading")
    elsewhere = offer("readings", PACKAGE)
    assert find_pocs() == []
    with pytest.raises(PreuveError) as caught:
        find_poc("meter-reading")
    assert caught.value.where == f"{here / '__init__.py'}; {elsewhere / '__init__.py'}"


def test_no_poc_of_this_project_is_broken() -> None:
    found, broken = look_for_pocs()
    assert found
    assert broken == []
