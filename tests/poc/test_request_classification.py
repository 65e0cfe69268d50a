"""The candidates of request classification: the routing sheet, and models that are or are not on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.exceptions import CandidateUnavailableError
from evaluation.samples import Samples
from poc.keywords import RoutingSheet
from poc.request_classification import CANDIDATES
from poc.request_classification.keywords import fit_keywords
from poc.request_classification.transformer import fit_hub_transformer, fit_tiny_transformer, load_checkpoint
from tests.conftest import BIN, LAMP

TWO_SERVICES = Samples(
    [str(place) for place in range(20)], [*LAMP, *BIN], ["eclairage-public"] * 10 + ["collecte-encombrants"] * 10
)
HUB = next(candidate for candidate in CANDIDATES if candidate.name == "hub-transformer")


@pytest.mark.parametrize(
    ("message", "service"),
    [
        ("L'ARBRE penche", "green"),
        ("les arbres penchent", "green"),
        ("un arbrisseau", "green"),  # begins like arbr...
        ("le tram est en retard", "transport"),
        ("la trame du tissu", "other"),  # "tram" is a whole word
        ("un nid de poule énorme", "road"),
        ("le nid de la poule", "other"),  # not the phrase
        ("tram, tram et arbre", "transport"),  # two words win over one
        ("un arbre et un tram", "green"),  # the first service listed wins a tie
        ("rien de tout cela", "other"),
    ],
)
def test_the_routing_sheet_reads_as_a_clerk_does(message: str, service: str) -> None:
    sheet = RoutingSheet({"green": ["arbr*"], "transport": ["tram"], "road": ["nid de poule"]}, "other")
    assert sheet.predict([message]) == [service]


def test_keywords_are_unavailable_for_labels_the_sheet_does_not_know() -> None:
    foreign = Samples(["1", "2"], ["card lost", "pin blocked"], ["lost_card", "pin"])
    with pytest.raises(CandidateUnavailableError, match="no keywords for 2 of the 2 labels: lost_card, pin") as error:
        fit_keywords(foreign, seed=0)
    assert error.value.remedy.endswith("routing_sheet.toml")


def test_keywords_only_answer_with_services_that_occur() -> None:
    predictor = fit_keywords(TWO_SERVICES, seed=0)
    assert list(predictor.predict(["Un arbre est tombé", "lampadaire éteint"])) == ["collecte-encombrants", "eclairage-public"]


def test_a_pretrained_model_of_a_local_folder_learns(tiny_checkpoint: Path) -> None:
    predictor = fit_hub_transformer(TWO_SERVICES, seed=0, model=str(tiny_checkpoint), revision=None, epochs=60, learning_rate=1e-2)
    right = sum(map(str.__eq__, predictor.predict(TWO_SERVICES.inputs), TWO_SERVICES.targets))
    assert right >= 18


def test_a_tiny_transformer_learns_and_another_seed_gives_another_model() -> None:
    params = {"vocabulary": 300, "width": 32, "layers": 2, "heads": 2, "epochs": 40, "learning_rate": 5e-3}
    first, second = (fit_tiny_transformer(TWO_SERVICES, seed=seed, **params) for seed in (0, 1))  # type: ignore[arg-type]
    right = sum(map(str.__eq__, first.predict(TWO_SERVICES.inputs), TWO_SERVICES.targets))
    assert right >= 18
    assert first.predict_proba(LAMP) != second.predict_proba(LAMP)  # type: ignore[attr-defined]


def test_a_hub_model_that_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(CandidateUnavailableError, match="almanach/camembertav2-base is not on this machine") as error:
        HUB.fit(TWO_SERVICES, seed=0, **HUB.params)
    assert error.value.remedy == f".venv/bin/hf download almanach/camembertav2-base --revision {HUB.params['revision']}"
    assert len(HUB.params["revision"]) == 40


@pytest.mark.parametrize("folder", ["/nowhere/model", "."])
def test_a_folder_without_a_model_is_named(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CandidateUnavailableError, match=f"in the folder {folder} "):
        load_checkpoint(folder)


def test_weights_that_are_pickled_are_not_read(tiny_checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    import torch
    from safetensors.torch import load_file

    folder = tmp_path / "pickled"
    shutil.copytree(tiny_checkpoint, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(CandidateUnavailableError):
        load_checkpoint(str(folder))
