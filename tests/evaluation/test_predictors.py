"""Storing predictors: what a process that loads one of scikit-learn's does not load besides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from evaluation.home import PROJECT
from evaluation.predictors import save_predictor


def test_a_linear_model_is_loaded_without_torch_which_stays_within_reach(tmp_path: Path) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["un bac", "une lampe"], ["bac", "lampe"])
    save_predictor(model, tmp_path / "stored")
    program = (
        "import sys; from pathlib import Path; from evaluation.predictors import load_predictor\n"
        f"answers = load_predictor(Path({str(tmp_path / 'stored')!r})).predict(['une lampe'])\n"
        "print(answers[0], 'torch' in sys.modules)\n"
        "import torch; print(torch.ones(2).sum().item())"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["lampe", "False", "2.0"]
