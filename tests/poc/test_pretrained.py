"""What candidates with transformer models share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.exceptions import CandidateUnavailableError
from poc.pretrained import load_local, seed_everything, train_byte_pairs, train_in_steps
from tests.conftest import BIN, LAMP


def asked_for(name: str, revision: str | None) -> tuple[str, dict[str, Any]]:
    """The source and the arguments with which a model is loaded."""
    return load_local(name, revision, lambda source, **arguments: (source, arguments), candidate="hub")


def test_nothing_is_fetched_and_no_foreign_code_is_run() -> None:
    safe = {"local_files_only": True, "trust_remote_code": False}
    assert asked_for("city/model", "cafe") == ("city/model", {**safe, "revision": "cafe"})


def test_a_folder_has_no_revision_and_may_be_in_the_user_s_home(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked_for(str(tmp_path), "cafe")[1]["revision"] is None
    (tmp_path / "model").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert asked_for("~/model", "cafe")[0] == str(tmp_path / "model")


@pytest.mark.parametrize("error", [OSError("no such file"), ValueError("no config")])
@pytest.mark.parametrize(
    ("name", "revision", "said", "remedy"),
    [
        ("city/model", "cafe", "the model city/model is not on this machine", ".venv/bin/hf download city/model --revision cafe"),
        ("city/model", None, "the model city/model is not on this machine", ".venv/bin/hf download city/model"),
        ("./model", "cafe", "in the folder ./model ", "--param hub.model=FOLDER with a folder that save_pretrained wrote"),
        ("~/model", None, "in the folder ~/model ", "--param hub.model=FOLDER with a folder that save_pretrained wrote"),
    ],
)
def test_what_is_not_here_is_named_with_what_to_do(
    error: Exception, name: str, revision: str | None, said: str, remedy: str
) -> None:
    def load(source: str, **_: object) -> None:
        raise error

    with pytest.raises(CandidateUnavailableError, match=said) as caught:
        load_local(name, revision, load, candidate="hub")
    assert caught.value.remedy == remedy


def test_other_errors_are_not_taken_for_a_missing_model() -> None:
    def load(source: str, **_: object) -> None:
        raise TypeError(source)

    with pytest.raises(TypeError):
        load_local("city/model", None, load, candidate="hub")


TEXT = "L’ÉTÉ  à Montaubray :\n« Œuvre » n° 3, 1 250 € \U0001f600"


def test_a_tokenizer_that_keeps_letters_gives_back_what_it_reads() -> None:
    tokenizer = train_byte_pairs([*LAMP, *BIN], 300, keep_letters=True)
    tokens = tokenizer(TEXT)["input_ids"]
    assert (tokens[0], tokens[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert tokenizer.unk_token_id not in tokens
    assert tokenizer.decode(tokens, skip_special_tokens=True) == TEXT
    assert len(tokenizer) <= 300


def test_a_tokenizer_to_read_with_makes_no_difference_of_accents_and_capitals() -> None:
    tokenizer = train_byte_pairs([*LAMP, *BIN], 300)
    assert tokenizer("LUMIÈRE éteinte")["input_ids"] == tokenizer("lumiere ETEINTE")["input_ids"]
    assert tokenizer("lumière")["input_ids"] != tokenizer("poubelle")["input_ids"]
    assert len(tokenizer) <= 300


def test_the_learning_rate_rises_and_falls_to_nothing() -> None:
    import torch

    # Of a slope that stays the same, each step of Adam is as long as the learning rate.
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    seen: list[float] = []

    def loss_of(places: object) -> torch.Tensor:
        seen.append(model.weight.item())
        return model.weight.sum()

    train_in_steps(model, [[0]] * 20, loss_of, 0.1)
    steps = [before - after for before, after in zip(seen, [*seen[1:], model.weight.item()], strict=True)]
    assert model.training
    assert steps[0] == pytest.approx(0.05, rel=0.02)
    assert max(steps) == steps[1] == pytest.approx(0.1, rel=0.02)
    assert steps[2:] == sorted(steps[2:], reverse=True)
    assert 0 < steps[-1] < 0.01


def test_one_step_is_enough_to_train_and_a_steep_slope_is_clipped() -> None:
    import torch

    model = torch.nn.Linear(1, 1)
    before = model.weight.item()
    train_in_steps(model, [[0]], lambda _: 1e6 * model.weight.sum(), 0.1)
    assert model.weight.item() == pytest.approx(before - 0.1, abs=0.01)
    # What is left of the slope after clipping.
    assert model.weight.grad is not None
    assert model.weight.grad.item() == pytest.approx(1.0, rel=1e-4)


def test_the_same_seed_makes_the_same_chance() -> None:
    import torch

    drawn = []
    for seed in (1, 1, 2):
        seed_everything(seed)
        drawn.append(torch.rand(3).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.are_deterministic_algorithms_enabled()
