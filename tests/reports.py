"""Pages of each sort, from records made without measuring anything: for a browser to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.assessment import Assessment, assess
from evaluation.goals import Goals
from evaluation.metrics import Metric, Part, accuracy, macro_f1, text_metric
from evaluation.poc_card import PocCard
from evaluation.programme import Programme
from evaluation.publishing.algorithm_card import algorithm_card_page
from evaluation.publishing.index_page import Reported, index_page
from evaluation.publishing.language import Language
from evaluation.publishing.report import report_page
from evaluation.publishing.reports import _with_decision
from evaluation.run import Campaign, Run
from evaluation.task import Task, Unit
from tests.records import (
    make_campaign,
    make_data,
    make_deployment,
    make_goals,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
    make_text_contest,
)

DATE = dt.date(2026, 11, 25)
SAMPLES = 360
CLASSES = ("éclairage public", "voirie", "déchets", "état civil", "espaces verts", "écoles")
CHANNELS = ("web", "téléphone", "guichet", "courrier")
CARD = PocCard(
    title="Orientation des demandes",
    question="Un petit modèle oriente-t-il les demandes mieux que des mots-clés, et pour quelle énergie ?",
    purpose="Proposer à l’agent le service qui répondra.",
    without_ai="Une liste de mots-clés ; ce qu’elle ne reconnaît pas va à un agent.",
    measured_on="360 demandes inventées.",
    personal_data="Aucune.",
    legal_basis="Aucune n’est nécessaire.",
    retention="Rien n’est gardé.",
    people_told="C’est écrit sur le formulaire.",
    human_path="Oui, par téléphone.",
    individual_decision=False,
    individual_decision_why="Un agent lit chaque demande.",
    ai_act_tier="minimal",
    ai_act_why="Il range des textes.",
    task_family="textClassification",
    responsible=None,
    retraining="Une fois par an.",
    compression="Aucune.",
    inference="À chaque demande.",
    least_data="Sans l’adresse.",
    language="fr",
)


def _answering(right: int, classes: tuple[str, ...], samples: int = SAMPLES) -> Any:
    """Answers of which so many are right, the others taken for the class that comes next."""
    expected = [classes[place % len(classes)] for place in range(samples)]
    # Spread over the samples, so that no class and no group is right throughout.
    wrong = {place * 37 % samples for place in range(samples - right)}
    answered = [
        classes[(classes.index(label) + 1) % len(classes)] if place in wrong else label for place, label in enumerate(expected)
    ]
    return make_predictions(expected, answered)


def _run(name: str, right: int, wh: float, classes: tuple[str, ...], **changes: Any) -> Run:
    rounds = make_rounds(*(wh * factor for factor in (1.0, 1.02, 0.98, 1.01, 0.99)))
    usual: dict[str, Any] = {
        "rounds": rounds,
        "predictions": _answering(right, classes),
        "peak_memory_mib": 300.0,
        "latency_p50_ms": 4.2,
        "latency_p95_ms": 9.7,
        "params": {"C": "1.0", "ngram_range": "(1, 2)", "learning_rate": "0.00002"},
    }
    return make_run(name, **usual | changes)


def campaign_of_labels(
    *, classes: tuple[str, ...] = CLASSES, channels: tuple[str, ...] = CHANNELS, linear: str = "tfidf-linearsvc", **changes: Any
) -> Campaign:
    """Four candidates that were measured, one that was not there, and one that failed."""
    runs = [
        _run("keywords", 230, 0.05, classes, baseline=True),
        _run(linear, 312, 0.4, classes),
        _run("random-forest", 290, 1.7, classes),
        _run("tiny-transformer", 320, 60.0, classes, peak_memory_mib=None),
        make_run("hub-transformer", status="unavailable", readings=(), predictions=(), reason="no network", remedy="connect"),
        make_run("broken", status="failed", predictions=(), reason="ValueError in fit.py, line 3"),
    ]
    urgent = tuple("true" if place % 5 == 0 else "false" for place in range(SAMPLES))
    usual: dict[str, Any] = {
        "data": make_data("/home/someone/demandes.csv", test_samples=SAMPLES, classes=len(classes)),
        "readings": [make_reading("idle", cpu_wh=0.1, ram_wh=0.1, samples=0)],
        "slices": {"channel": tuple(channels[place % 7 % len(channels)] for place in range(SAMPLES)), "urgent": urgent},
        "ledger_head": "41:" + "4f" * 32,
    }
    return make_campaign(*runs, **usual | changes)


def goals_of_labels(channel: str = "guichet", **changes: Any) -> Goals:
    """Goals of which some are met, some missed and some cannot be told."""
    usual: dict[str, Any] = {
        "quality": {"metric": "macro_f1", "floor": 0.6},
        "quality_gain": {"floor": 0.03},
        "class_recall": {"floor": 0.6},
        "slice_recall": [{"slice": "channel", "value": channel, "floor": 0.86}, {"slice": "urgent", "value": "true", "floor": 0.6}],
        "energy_per_unit_wh": {"ceiling": 5.0},
        "deployed_kwh_per_year": {"ceiling": 50.0},
        "development_kwh": {"ceiling": 0.0001},
    }
    chosen: dict[str, Any] = {"deployment": make_deployment(), "correction_wh": 3.3} | usual | changes
    return make_goals(**chosen)


def assessed_labels(
    campaign: Campaign | None = None, goals: Goals | None = None, metrics: tuple[Metric, ...] = (macro_f1, accuracy)
) -> Assessment:
    """A campaign whose answers are labels, judged."""
    campaign, goals = campaign or campaign_of_labels(), goals or goals_of_labels()
    campaign = campaign.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    task = Task(campaign.task, "1", "demandes.csv", "message", "service", Unit(campaign.unit_name, 1000), metrics)
    return assess(task, goals, campaign, today=DATE)


def rich() -> Assessment:
    """All that a report can hold."""
    return assessed_labels()


def undeployed() -> Assessment:
    """Nobody has said how it would serve, and all goals are met."""
    goals = make_goals(quality={"metric": "macro_f1", "floor": 0.6}, quality_gain={"floor": 0.03})
    return assessed_labels(goals=goals)


def only_baseline() -> Assessment:
    """Nothing to hold against the baseline."""
    campaign = campaign_of_labels()
    return assessed_labels(campaign.model_copy(update={"runs": campaign.runs[:1]}))


def not_conclusive() -> Assessment:
    """A candidate that may be better than the baseline or not."""
    campaign = campaign_of_labels()
    runs = [campaign.runs[0], _run("tfidf-linearsvc", 243, 0.06, CLASSES)]
    goals = make_goals(quality={"metric": "macro_f1", "floor": 0.5}, quality_gain={"floor": 0.03})
    return assessed_labels(campaign.model_copy(update={"runs": tuple(runs)}), goals)


def texts() -> Assessment:
    """Answers that are texts."""
    found = [(float(place % 6), 5.0) for place in range(90)]
    measured = {
        "lead": {"fact_recall": [(min(amount, 2.0), of) for amount, of in found]},
        "textrank": {"fact_recall": [(min(amount + place % 2, 5.0), of) for place, (amount, of) in enumerate(found)]},
        "extractive": {"fact_recall": [(min(amount, 4.0), of) for amount, of in found]},
    }
    kinds = tuple(("délibération", "arrêté", "avis")[place % 3] for place in range(90))
    campaign = make_text_contest(measured, unit_name="1 document summarised", unit_size=1, slices={"kind": kinds})
    goals = make_goals(
        deployment=make_deployment(),
        quality={"metric": "fact_recall", "floor": 0.5},
        quality_gain={"floor": 0.03},
        slice_recall=[{"slice": "kind", "floor": 0.3}],
        energy_per_unit_wh={"ceiling": 5.0},
    )
    campaign = campaign.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    metric = text_metric("fact_recall", lambda _, __: Part(0.0), counts_correct=True)
    task = Task("summaries", "1", "documents.jsonl", "text", "summary", Unit("1 document summarised", 1), (metric,))
    return assess(task, goals, campaign, today=DATE)


ASSESSMENTS: Mapping[str, Callable[[], Assessment]] = {
    "rich": rich,
    "texts": texts,
    "undeployed": undeployed,
    "only-baseline": only_baseline,
    "not-conclusive": not_conclusive,
}


def written_index(found: Assessment, language: Language, card: PocCard = CARD) -> str:
    """An index of a POC with a decision, one that was never tried, and a year above the ceiling."""
    untried = Reported("summaries", card.title, card.language, {}, development_ceiling_kwh=1.0)
    energy_wh = {"20251101-101010-aaaa": 420.0, "20261123-190559-3f2a": 1830.0, "20261124-090000-bbbb": 240.0}
    tried = replace(untried, task=found.comparison.campaign.task, energy_wh=energy_wh)
    pocs = [_with_decision(tried, found, "report.html"), untried]
    return index_page(pocs, [], Programme("Ville d’Exemple", 2.0), language, DATE, "41:" + "4f" * 32)


def write_pages(folder: Path, found: Assessment, code: str, name: str, card: PocCard = CARD) -> dict[str, Path]:
    """The report, the card of the algorithm and the index, in a language."""
    language = Language(code)
    pages = {
        "report": report_page(found, card, language, DATE),
        "card": algorithm_card_page(card, found, language, DATE),
        "index": written_index(found, language, card),
    }
    paths = {kind: folder / f"{name}-{kind}.{code}.html" for kind in pages}
    for kind, page in pages.items():
        paths[kind].write_text(page, encoding="utf-8")
    return paths
