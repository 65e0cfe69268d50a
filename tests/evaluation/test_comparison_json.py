"""The JSON of `preuve compare`, `run` and `check`: what scripts rely on, and the schema that documents it."""

from __future__ import annotations

import fnmatch
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from math import inf, nan
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from evaluation.assessment import Assessment, assess
from evaluation.comparison_json import INTERVALS, PLAIN, check_dict, comparison_dict
from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.factors import find_factor
from evaluation.exceptions import PreuveError
from evaluation.goals import VOLUME, Goal, Goals, parse_goals
from evaluation.judgement.comparison import Bounds, Difference
from evaluation.judgement.goal_values import Outcome
from evaluation.judgement.margin import REBOUND
from evaluation.judgement.quality import Quality
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import Decision, Verdict, Verdicts
from evaluation.messages import say
from evaluation.metrics import Part, accuracy, macro_f1, text_metric
from evaluation.notes import comparison_notes
from evaluation.run import Campaign, CampaignStatus, DataRecord, Protocol, RunStatus
from evaluation.task import Task, Unit
from tests.records import (
    STARTED,
    make_campaign,
    make_data,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
    make_text_contest,
)
from tests.results import (
    BROKEN,
    DIFFERENCES,
    HOSTILE,
    HUB,
    KEYWORDS,
    LINEAR,
    MET,
    MISSED,
    OPEN,
    TRANSFORMER,
    UNDECLARED,
    UNDEPLOYED,
    advised,
    assessed,
    compared,
    judged_as,
)

SCHEMA = json.loads((files("evaluation") / "comparison.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
DEFINED: Mapping[str, Any] = SCHEMA["$defs"]
ROOT = Path(__file__).parents[2]
GO_IF = judged_as("GO IF", "keywords", "tfidf-linearsvc", "tiny-transformer", leading="tfidf-linearsvc")


def valid(found: Mapping[str, Any]) -> Any:
    """What a program reads of it, once it is sure that the schema says so."""
    read = json.loads(json.dumps(found, allow_nan=False))
    VALIDATOR.validate(read)
    return read


def json_of(found: Assessment) -> Any:
    return valid(comparison_dict(found))


def real(**changes: Any) -> Assessment:
    """What is to be said of a campaign of two candidates that answered two hundred samples."""
    task = Task("request-classification", "1", "r.csv", "text", "category", Unit("1 000 requests", 1000), (macro_f1, accuracy))
    right = ["a", "b"] * 100
    runs = [
        make_run(name, baseline=name == "rules", predictions=make_predictions(right, answers), rounds=make_rounds(*rounds_wh))
        for name, answers, rounds_wh in (
            ("rules", right[:120] + ["a"] * 80, (1.0, 1.04, 1.01)),
            ("linear", right[:190] + ["a"] * 10, (2.0, 2.03, 2.05)),
        )
    ]
    goals = Goals({"energy_per_unit_wh": Goal("energy_per_unit_wh", ceiling=1000.0)}, "# made\n", human_path=True)
    usual: dict[str, Any] = {"readings": [make_reading("idle", cpu_wh=0.01, ram_wh=0.01)], "goals_sha256": goals.sha256}
    return assess(task, goals, make_campaign(*runs, **usual | changes), today=STARTED.date())


# The schema


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All objects in the schema with the way to them."""
    if isinstance(node, dict):
        yield path, node
        for name, child in node.items():
            yield from nodes(child, f"{path}/{name}")
    if isinstance(node, list):
        for place, child in enumerate(node):
            yield from nodes(child, f"{path}/{place}")


def enum_of(definition: str, *properties: str) -> list[Any]:
    """The names that are allowed somewhere."""
    node = DEFINED[definition]
    for name in properties:
        node = node["properties"][name]
    found: list[Any] = node["enum"]
    return found


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_describes_every_property() -> None:
    lacking = [
        f"{path}/{name}"
        for path, node in nodes(SCHEMA)
        for name, entry in (node.get("properties", {}) if not path.endswith("/properties") else {}).items()
        if not entry.get("description", "").strip()
    ]
    assert lacking == []


def test_the_schema_requires_all_that_it_describes_and_allows_nothing_else() -> None:
    described = {path: node for path, node in nodes(SCHEMA) if "properties" in node and not path.endswith("/properties")}
    assert len(described) > 15
    for path, node in described.items():
        assert sorted(node["required"]) == sorted(node["properties"]), path
        assert node["additionalProperties"] is False, path


def test_the_schema_defines_nothing_that_nobody_uses() -> None:
    used = {node["$ref"].removeprefix("#/$defs/") for _, node in nodes(SCHEMA) if "$ref" in node}
    assert used == set(DEFINED)


def test_the_names_in_the_schema_are_those_of_the_code() -> None:
    assert enum_of("decision") == ["GO", "GO IF", "NO GO", "NOT CONCLUSIVE"]
    assert set(enum_of("decision")) == set(get_args(Decision))
    assert set(enum_of("goal", "outcome")) == set(get_args(Outcome))
    assert set(enum_of("candidate", "status")) == set(get_args(RunStatus))
    assert set(enum_of("campaign", "status")) == set(get_args(CampaignStatus))
    assert enum_of("candidate", "evidence") == [*get_args(EvidenceClass), None]
    assert tuple(enum_of("year", "volume")) == VOLUME
    assert tuple(enum_of("year", "rebound")) == REBOUND


def test_the_schema_has_the_record_of_a_campaign_as_it_is() -> None:
    left_out = {"runs", "readings", "environment", "slices", "goals"}
    assert set(DEFINED["campaign"]["properties"]) == set(Campaign.model_fields) - left_out
    assert set(DEFINED["protocol"]["properties"]) == set(Protocol.model_fields)
    assert set(DEFINED["data"]["properties"]) == set(DataRecord.model_fields)
    assert set(DEFINED["factor"]["properties"]) == set(find_factor("ademe-2025").as_dict())
    assert {*PLAIN, *INTERVALS} <= set(DEFINED["candidate"]["properties"])


def test_all_files_that_the_package_reads_are_installed_with_it() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        patterns = tomllib.load(file)["tool"]["setuptools"]["package-data"]["evaluation"]
    package = ROOT / "evaluation"
    beside = [path.relative_to(package) for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    names = [str(path) for path in beside if path.suffix not in {".py", ".pyc"}]
    assert "comparison.schema.json" in names
    # setuptools' "*" stops at a folder.
    assert [name for name in names if not any(same_depth(name, each) and fnmatch.fnmatch(name, each) for each in patterns)] == []


def same_depth(name: str, pattern: str) -> bool:
    return name.count("/") == pattern.count("/")


def test_what_is_no_comparison_is_not_valid() -> None:
    found = json_of(assessed(compared(KEYWORDS, LINEAR), GO_IF))
    broken: list[dict[str, Any]] = [
        {**found, "decision": "MAYBE"},
        {**found, "more": 1},
        {name: value for name, value in found.items() if name != "notes"},
        {**found, "candidates": [{**found["candidates"][0], "status": "lost"}]},
        {**found, "campaign": {**found["campaign"], "id": None}},
    ]
    for each in broken:
        assert not VALIDATOR.is_valid(each)


# What is printed


@pytest.mark.parametrize(
    "found",
    [
        assessed(
            compared(KEYWORDS, LINEAR, TRANSFORMER, HUB, BROKEN), GO_IF, advice=(advised("P001", "worse", "keep the baseline"),)
        ),
        assessed(compared(KEYWORDS, LINEAR), GO_IF, scenario=UNDEPLOYED),
        assessed(compared(KEYWORDS), judged_as(None, "keywords")),
        assessed(compared(LINEAR), judged_as("NOT CONCLUSIVE", "tfidf-linearsvc")),
        assessed(compared(HUB, BROKEN), judged_as(None)),
        assessed(compared(KEYWORDS, LINEAR), judged_as("NO GO", "keywords", "tfidf-linearsvc"), changed=("quality: removed",)),
        assessed(compared(replace(LINEAR, name=HOSTILE)), judged_as("GO", HOSTILE)),
        assessed(compared(replace(LINEAR, evidence=None, true_wh=None, seed_scores={"macro_f1": (nan,)}), quality=Quality({}, {}))),
    ],
)  # fmt: skip
def test_every_comparison_and_check_is_valid(found: Assessment) -> None:
    read = json_of(found)
    assert [candidate["name"] for candidate in read["candidates"]] == [result.name for result in found.comparison.results]
    for name in (*found.verdicts.of, None):
        assert valid(check_dict(found, name))["candidate"] == name


def test_a_real_campaign_is_valid() -> None:
    found = real()
    read = json_of(found)
    assert read["decision"] == found.verdicts.decision
    assert read["leading"] == "linear"
    assert read["test"] == "permutation"
    assert [candidate["verdict"]["decision"] for candidate in read["candidates"]] == [None, read["decision"]]
    assert "predictions" not in json.dumps(read)


def test_what_keeps_campaigns_apart_is_told_by_their_ids() -> None:
    one = real().comparison.campaign
    other = one.model_copy(update={"id": "20261124-190559-77aa", "data": make_data(test_sha256="1" * 64)})
    task = Task("request-classification", "1", "r.csv", "text", "category", Unit("1 000 requests", 1000), (macro_f1, accuracy))
    read = json_of(assess(task, Goals({}, "#"), one, others=[other], today=STARTED.date()))
    assert [candidate["campaign"] for candidate in read["candidates"]] == [one.id, other.id] * 2
    assert [candidate["name"] for candidate in read["candidates"]][2:] == ["linear (3f2a)", "linear (77aa)"]
    (unlike,) = read["unlike"].items()
    assert unlike[0] == other.id
    assert unlike[1]["quality"] == [{"what": "test data", "one": f"30 samples of {'d' * 12}", "other": f"30 samples of {'1' * 12}"}]


def texts(**changes: Any) -> Assessment:
    """What is to be said of a campaign of texts: `writer` finds more, makes some up, is odd twice, and read some inputs in part."""
    facts = text_metric("facts", lambda *_: Part(0), needs="facts", counts_correct=True)
    made_up = text_metric("made_up", lambda *_: Part(0), higher_is_better=False)
    measured: dict[str, dict[str, Sequence[tuple[float, float]]]] = {
        "lead": {"facts": [(1, 4)] * 40, "made_up": [(0, 0)] * 40},
        "writer": {"facts": [(3, 4)] * 39 + [(0, 0)], "made_up": [(1, 2)] * 40},
    }
    goals = parse_goals(
        '[unit]\nname = "1 000 requests"\nsize = 1000\n[goal.quality]\nmetric = "facts"\nfloor = 0.5\n'
        '[[goal.guardrail]]\nmetric = "made_up"\nceiling = 0.02\n'
    )
    usual: dict[str, Any] = {
        "data": make_data(test_samples=40, classes=0, marks=("facts",)),
        "conditions": {"words": 90, "tone": "plain"},
        "goals_sha256": goals.sha256,
    }
    campaign = make_text_contest(measured, **usual | changes)
    lead, writer = campaign.runs
    first, second, third, *rest = writer.predictions
    odd = [
        first.model_copy(update={"flags": ("too long", "no verb")}),
        second.model_copy(update={"flags": ("too long",), "share_read": 0.5}),
        third.model_copy(update={"share_read": 0.125}),
    ]
    campaign = campaign.model_copy(update={"runs": (lead, writer.model_copy(update={"predictions": (*odd, *rest)}))})
    task = Task("summaries", "1", "s.csv", "text", "summary", Unit("1 000 requests", 1000), (facts, made_up), marks=("facts",))
    return assess(task, goals, campaign, today=STARTED.date())


def test_a_campaign_of_texts_is_valid() -> None:
    found = texts()
    read = json_of(found)
    campaign = read["campaign"]
    assert (campaign["answers_are_texts"], campaign["conditions"]) == (True, {"words": 90, "tone": "plain"})
    assert (campaign["data"]["classes"], campaign["data"]["marks"]) == (0, ["facts"])
    lead, writer = read["candidates"]
    assert (lead["scores"]["facts"]["value"], writer["scores"]["facts"]["value"]) == (0.25, 0.75)
    # Of the baseline's answers nothing could be made up: no number, and no 0.
    assert lead["scores"]["made_up"]["value"] is None
    (guardrail,) = (goal for goal in writer["verdict"]["goals"] if goal["goal"] == "guardrail made_up")
    assert (guardrail["outcome"], guardrail["unit"], guardrail["ceiling"], guardrail["floor"]) == ("missed", "", 0.02, None)
    assert guardrail["value"]["value"] == 0.5
    assert read["decision"] == "NO GO"
    assert "predictions" not in json.dumps(read)
    for name in (*found.verdicts.of, None):
        valid(check_dict(found, name))


def test_what_is_odd_about_texts_and_what_was_not_read_is_counted() -> None:
    lead, writer = json_of(texts())["candidates"]
    assert (lead["odd_answers"], lead["inputs_cut"], lead["least_share_read"]) == ({}, 0, 1.0)
    assert (writer["odd_answers"], writer["inputs_cut"], writer["least_share_read"]) == ({"too long": 2, "no verb": 1}, 2, 0.125)


def test_of_who_was_not_measured_nothing_is_odd() -> None:
    (hub,) = json_of(assessed(compared(HUB), judged_as(None)))["candidates"]
    assert (hub["odd_answers"], hub["inputs_cut"], hub["least_share_read"]) == ({}, 0, 1.0)


def test_counts_of_odd_answers_are_whole_numbers() -> None:
    found = json_of(texts())
    writer = found["candidates"][1]
    for wrong in ({"odd_answers": {"too long": 0.5}}, {"inputs_cut": None}, {"least_share_read": None}):
        assert not VALIDATOR.is_valid({**found, "candidates": [{**writer, **wrong}]})


def test_an_error_is_valid() -> None:
    error = PreuveError(expected="a POC", found="none", where="poc/", remedy="preuve list")
    assert valid({"error": error.as_dict()})["error"]["remedy"] == "preuve list"


def test_what_people_script_is_where_it_was() -> None:
    found = json_of(assessed(compared(KEYWORDS, LINEAR, HUB), GO_IF))
    keywords, linear, hub = found["candidates"]
    assert found["campaign"]["id"] == "20261123-190559-3f2a"
    assert found["campaign"]["ledger_head"] is None
    assert found["unit"] == {"name": "1 000 requests routed", "size": 1000}
    assert linear["scores"] == {
        "macro_f1": {"value": 0.7956, "low": 0.761, "high": 0.8301},
        "accuracy": {"value": 0.81, "low": 0.78, "high": 0.84},
    }
    assert linear["energy_wh"] == {"value": 0.0123, "low": 0.0119, "high": 0.0127}
    assert linear["ratio"] == {"value": 6.15, "low": 5.99, "high": 6.31}
    assert (linear["fit_energy_wh"], linear["ms_per_sample"]) == (4.21, 0.0456)
    assert (keywords["ratio"], keywords["fit_energy_wh"], keywords["baseline"]) == (None, None, True)
    assert (hub["status"], hub["reason"], hub["remedy"], hub["energy_wh"]) == ("unavailable", "no network", "connect", None)
    assert (found["factor"]["id"], found["factor"]["g_per_kwh"], found["factor"]["retrieved"]) == ("ademe-2025", 46.1, "2026-11-24")
    assert found["notes"][0] == "hub-transformer: unavailable. No network. To make it available: connect"


def test_the_notes_are_those_of_the_page() -> None:
    found = real(over_budget="the jury asked for it")
    assert json_of(found)["notes"] == [str(each) for each in comparison_notes(found.comparison)]
    assert "Beyond the POC's development budget; the reason given: the jury asked for it" in json_of(found)["notes"]


def test_what_else_is_known_of_a_candidate() -> None:
    known = replace(
        LINEAR, second_ratio=Interval(5.0, 4.0, 6.0), mix={"cpu": 0.25, "ram": 0.75}, seed_scores={"macro_f1": (0.79, 0.8)}
    )
    (linear,) = json_of(assessed(compared(known)))["candidates"]
    assert linear["true_wh"] == {"low": 0.00615, "high": 0.0738}
    assert linear["evidence"] == "C"
    assert linear["above_idle_wh"] == {"value": 0.001, "low": 0.0008, "high": 0.0012}
    assert linear["second_ratio"] == {"value": 5.0, "low": 4.0, "high": 6.0}
    assert linear["mix"] == {"cpu": 0.25, "ram": 0.75}
    assert linear["seed_scores"] == {"macro_f1": [0.79, 0.8]}
    assert (linear["latency_p50_ms"], linear["latency_p95_ms"]) == (0.1234, 0.2)
    assert linear["per_sample"] == {"energy_above_idle_wh": 0.001, "cpu_seconds": 0.001, "peak_memory_mib": 1024.0}


def test_a_year_of_service_at_the_central_volume() -> None:
    found = json_of(assessed(compared(replace(KEYWORDS, per_sample=None), LINEAR, TRANSFORMER), GO_IF))
    keywords, linear, transformer = (candidate["service"] for candidate in found["candidates"])
    assert keywords is None
    carbon = linear.pop("carbon_kg_co2e")
    assert carbon == pytest.approx({"low": 1.1138534, "central": 2.329855875, "high": 5.00333713})
    assert linear == pytest.approx(
        {
            "requests": 60_000,
            "share_of_server": 0.0078125,
            "share_is_lower_bound": False,
            "active_kwh": 0.09,
            "reserved_kwh": 12.31875,
            "pue": 1.5,
            "embodied_kg_co2e": 1.7578125,
            # 2 329.855875 g over 60 lots of a thousand.
            "sci_g_co2e_per_unit": 38.83093125,
        }
    )
    assert transformer["share_is_lower_bound"] is True


def test_years_are_three_volumes_times_three_rebounds() -> None:
    keywords, linear = json_of(assessed(compared(replace(KEYWORDS, per_sample=None), LINEAR), GO_IF))["candidates"]
    assert keywords["years"] == []
    assert [(year["volume"], year["rebound"], year["requests"]) for year in linear["years"]] == [
        ("low", 1, 15_000), ("low", 3, 45_000), ("low", 10, 150_000),
        ("central", 1, 60_000), ("central", 3, 180_000), ("central", 10, 600_000),
        ("high", 1, 145_000), ("high", 3, 435_000), ("high", 10, 1_450_000),
    ]  # fmt: skip
    # 12.31875 kWh and 1 450 000 x 0.001 Wh x 1.5; at 46.1 g, and 1.7578125 kg.
    assert linear["years"][-1]["energy_kwh"] == pytest.approx(14.49375)
    assert linear["years"][-1]["carbon_kg_co2e"] == pytest.approx(2.425974375)


def test_without_a_deployment_there_is_the_carbon_of_a_unit_and_no_service() -> None:
    found = json_of(assessed(compared(LINEAR), scenario=UNDEPLOYED))
    (linear,) = found["candidates"]
    assert (found["factor"]["id"], linear["service"], linear["years"]) == ("ademe-2025", None, [])
    # 0.0123 Wh at 46.1 g a kWh.
    assert linear["carbon_g_co2e_per_unit"] == pytest.approx(0.00056703)


def test_a_margin_has_its_intervals() -> None:
    keywords, linear = json_of(assessed(compared(KEYWORDS, LINEAR), GO_IF))["candidates"]
    assert keywords["margin"] is None
    margin = linear["margin"]
    assert margin["correct_per_unit"] == pytest.approx({"value": 170.0, "low": 130.0, "high": 210.0})
    # Of 10.3 mWh a half or six times as much may be true.
    assert margin["extra_wh_per_unit"] == pytest.approx({"value": 0.0103, "low": 0.00515, "high": 0.0618})
    assert margin["wh_per_correct"] == pytest.approx({"value": 0.0103 / 170, "low": 0.00515 / 210, "high": 0.0618 / 130})
    assert margin["correct_per_wh"] == pytest.approx(170 / 0.0103)
    assert margin["saved_wh_per_request"] == pytest.approx((170 * 3.3 - 0.0103) / 1000)
    assert margin["requests_that_pay_back_training"] == pytest.approx(4.21 / ((170 * 3.3 - 0.0103) / 1000))
    assert (margin["training_wh"], margin["correction_wh"]) == (4.21, 3.3)


def test_a_margin_that_never_pays_back_has_null_for_it() -> None:
    _, linear = json_of(assessed(compared(KEYWORDS, LINEAR), GO_IF, goals=Goals({}, "")))["candidates"]
    assert (linear["margin"]["requests_that_pay_back_training"], linear["margin"]["correction_wh"]) == (None, 0.0)
    assert linear["margin"]["saved_wh_per_request"] < 0


def test_goals_have_outcome_bound_value_and_what_would_settle_them() -> None:
    verdict = Verdict("tfidf-linearsvc", "NO GO", (MET, MISSED, OPEN, UNDECLARED))
    found = json_of(assessed(compared(LINEAR), Verdicts({"tfidf-linearsvc": verdict}, "tfidf-linearsvc", ())))
    met, missed, undetermined, undeclared = found["candidates"][0]["verdict"]["goals"]
    assert met == {
        "goal": "quality",
        "outcome": "met",
        "unit": "",
        "target": None,
        "ceiling": None,
        "floor": 0.6,
        "value": {"value": 0.7956, "low": 0.761, "high": 0.8301},
        "at_target": None,
        "reason": None,
        "settled_by": [],
    }
    assert (missed["goal"], missed["outcome"], missed["floor"]) == ("slice_recall urgent=true", "missed", 0.7)
    assert undetermined["value"] == {"value": 32.1, "low": 20.4, "high": None}
    assert (undetermined["unit"], undetermined["ceiling"], undetermined["target"]) == ("kWh a year", 50.0, 10.0)
    assert undetermined["at_target"] is False
    assert undetermined["settled_by"] == ["a predictor that can be saved", "figures of your own server"]
    assert (undeclared["unit"], undeclared["value"]) == (None, None)
    assert undeclared["reason"] == "nobody says whether the data hold personal data"


def test_differences_name_who_is_better_and_who_is_leaner() -> None:
    apart = Difference("tfidf-linearsvc", "keywords", no_quality=say("another test"), no_ratio=say("another machine"))
    found = json_of(assessed(compared(KEYWORDS, LINEAR, differences=DIFFERENCES), GO_IF))
    (difference,) = found["differences"]
    assert difference == {
        "one": "tfidf-linearsvc",
        "other": "keywords",
        "quality": {"value": 0.1832, "low": 0.137, "high": 0.231},
        "quality_p": 0.0003,
        "better": "tfidf-linearsvc",
        "no_quality": None,
        "ratio": {"value": 6.15, "low": 5.99, "high": 6.31},
        "ratio_p": 0.0004,
        "leaner": "keywords",
        "second_ratio": None,
        "no_ratio": None,
    }
    assert found["pareto_front"] == ["keywords", "tfidf-linearsvc"]
    (difference,) = json_of(assessed(compared(KEYWORDS, LINEAR, differences=[apart]), GO_IF))["differences"]
    # What was not compared has no p value of 1.
    assert (difference["quality_p"], difference["ratio_p"]) == (None, None)
    assert (difference["no_quality"], difference["no_ratio"]) == ("another test", "another machine")


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_numbers_that_are_infinite_or_undefined_are_null(number: float) -> None:
    odd = replace(
        LINEAR,
        scores={"macro_f1": Interval(number, number, number), "accuracy": Interval(0.5, 0.4, number)},
        seed_scores={"macro_f1": (number, 0.5)},
        ms_per_sample=number,
        energy_wh=Interval(0.0123, number, number),
        true_wh=Bounds(0.005, 0.07),
        per_sample=None,
    )
    goal = replace(MET, value=Interval(number, number, number))
    verdicts = Verdicts({"tfidf-linearsvc": Verdict("tfidf-linearsvc", "GO", (goal,))}, "tfidf-linearsvc", ())
    (candidate,) = json_of(assessed(compared(odd), verdicts))["candidates"]
    nothing = {"value": None, "low": None, "high": None}
    assert candidate["scores"] == {"macro_f1": nothing, "accuracy": {"value": 0.5, "low": 0.4, "high": None}}
    assert candidate["seed_scores"] == {"macro_f1": [None, 0.5]}
    assert candidate["ms_per_sample"] is None
    assert candidate["energy_wh"] == {"value": 0.0123, "low": None, "high": None}
    assert candidate["verdict"]["goals"][0]["value"] == nothing


def test_a_check_has_the_goals_of_one_candidate() -> None:
    found = assessed(compared(KEYWORDS, LINEAR), GO_IF, changed=("energy_per_unit_wh: ceiling was 1, is now 2",))
    gate = valid(check_dict(found, "tfidf-linearsvc"))
    assert (gate["campaign"], gate["candidate"], gate["decision"]) == ("20261123-190559-3f2a", "tfidf-linearsvc", "GO IF")
    assert [goal["goal"] for goal in gate["goals"]] == [judged.goal for judged in GO_IF.of["tfidf-linearsvc"].goals]
    assert gate["changed_goals"] == ["energy_per_unit_wh: ceiling was 1, is now 2"]
    assert valid(check_dict(found, "keywords"))["decision"] is None


def test_a_check_of_nothing_has_no_decision_and_no_goals() -> None:
    gate = valid(check_dict(assessed(compared(KEYWORDS), judged_as(None, "keywords")), None))
    assert (gate["candidate"], gate["leading"], gate["decision"], gate["goals"]) == (None, None, None, [])


def test_checks_and_the_rule_are_told() -> None:
    found = json_of(assessed(compared(LINEAR), advice=(advised("P001", "worse", "keep the baseline"),)))
    assert found["checks"] == [{"code": "P001", "found": "worse", "remedy": "keep the baseline", "candidates": []}]
    assert list(found["rule"]) == ["NO GO", "GO", "GO IF", "NOT CONCLUSIVE"]
    assert found["alternatives"] == ["the lowest emission factor (rte-2024) changes no decision"]
