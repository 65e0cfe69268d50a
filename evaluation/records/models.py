"""Models of runs in MLflow: as its pyfuncs, so that its pages and its loader know them, with skops or safetensors inside."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.candidate import Predictor
from evaluation.predictors import save_predictor
from evaluation.run import Campaign, Run

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCIKIT_LEARN_PACKAGES = ("numpy", "scikit-learn", "scipy", "skops")
# What MLflow takes in no name of a model; a candidate may well be called `bert-1.5`.
NO_MODEL_NAME = re.compile(r"[/:.%\"']")

# Where the stored predictor lies in a model of MLflow.
STORED_MODEL = "data/stored"

logger = logging.getLogger(__name__)


def may_be_stored(campaign: Campaign) -> bool:
    """Whether the campaign's models may be kept: words of the texts can be read out of a vocabulary, personal data among them."""
    return campaign.data.contains_personal_data == "no"


def log_model(
    client: MlflowClient, experiment_id: str, run_id: str, campaign: Campaign, run: Run, predictor: Predictor
) -> str | None:
    """Store the model and return its id; none where its own `save` fails, which must not cost the others their records."""
    import mlflow.pyfunc
    from mlflow.entities import LoggedModelOutput

    with tempfile.TemporaryDirectory() as folder:
        stored, written = Path(folder) / "stored", Path(folder) / "written"
        try:
            save_predictor(predictor, stored)
        except OSError:
            raise
        except Exception as error:
            logger.debug("%s cannot be stored", run.name, exc_info=True)
            client.set_tag(run_id, "preuve.model", f"not stored: {type(error).__name__}")
            return None
        mlflow.pyfunc.save_model(
            str(written),
            loader_module="evaluation.predictors",
            data_path=str(stored),
            pip_requirements=model_requirements(predictor),
        )
        model = client.create_logged_model(
            experiment_id,
            name=NO_MODEL_NAME.sub("-", run.candidate),
            source_run_id=run_id,
            params={name: str(value) for name, value in run.params.items()} | {"seed": str(run.seed)},
            tags={"preuve.candidate": run.candidate},
            model_type="text-generator" if campaign.answers_are_texts else "classifier",
        )
        client.log_model_artifacts(model.model_id, str(written))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    return str(model.model_id)


def model_requirements(predictor: Predictor) -> list[str]:
    """The packages that a stored model needs, pinned to what is installed; a predictor may name its own."""
    from importlib.metadata import version

    names = getattr(predictor, "packages", SCIKIT_LEARN_PACKAGES)
    # A local label such as "+cpu" names a build, not a release: an index knows only the release.
    return [f"{name}=={version(name).split('+')[0]}" for name in names]
