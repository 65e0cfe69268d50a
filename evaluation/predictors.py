"""Storing fitted predictors without pickle: skops for what scikit-learn made, a predictor's own `save` for the rest."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from evaluation.candidate import Predictor
from evaluation.entry_points import poc_packages
from evaluation.exceptions import RecordError

# Only classes of these packages are made again from a stored model, and of those that offer POCs: who installed them trusts them.
TRUSTED_PACKAGES = frozenset({"evaluation", "numpy", "poc", "scipy", "sklearn"})
MANIFEST = "predictor.json"
SKOPS_FILE = "model.skops"


def save_predictor(predictor: Predictor, folder: Path) -> None:
    """Write a predictor into a folder, which is made; `load_predictor` reads it back."""
    folder.mkdir(parents=True)
    kind = type(predictor)
    if hasattr(predictor, "save"):
        predictor.save(folder)
        manifest = {"format": "own", "module": kind.__module__, "class": kind.__qualname__}
    else:
        _skops().dump(predictor, folder / SKOPS_FILE)
        manifest = {"format": "skops"}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def load_predictor(folder: Path) -> Predictor:
    """Read back what `save_predictor` wrote.

    Raises:
        RecordError: the folder holds something else, or a class that is not trusted or no longer there.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(
            expected=f"a stored predictor with its {MANIFEST}",
            found=str(error),
            where=str(folder),
            remedy="run the candidate again",
        ) from error
    if manifest["format"] == "skops":
        return _load_skops(folder / SKOPS_FILE)
    kind = find_trusted(manifest["module"], manifest["class"], folder, "the class {name} in {module}, which wrote this model")
    predictor: Predictor = kind.load(folder)
    return predictor


def find_trusted(module: str, name: str, folder: Path, expected: str) -> Any:
    """What a stored model names: a class, or a function.

    Args:
        module: that holds it.
        name: of it there.
        folder: of the stored model, for the error.
        expected: what should be there, in words with `{name}` and `{module}`.

    Raises:
        RecordError: its package is not trusted, or it is no longer there.
    """
    check_trusted([module], folder)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise RecordError(
            expected=expected.format(name=name, module=module),
            found=str(error),
            where=str(folder),
            remedy="run the candidate again; or put the code back as it was then",
        ) from error


def may_be_loaded(predictor: Predictor) -> bool:
    """Whether `load_predictor` would take a predictor of this class."""
    return type(predictor).__module__.split(".", 1)[0] in _trusted()


def _trusted() -> frozenset[str]:
    return TRUSTED_PACKAGES | poc_packages()


class _WithoutTorch(MetaPathFinder):
    """Says that torch is not installed."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Of any other module it knows nothing."""
        del path, target
        if fullname.partition(".")[0] == "torch":
            message = f"No module named {fullname!r}"
            raise ModuleNotFoundError(message, name=fullname)


def _skops() -> Any:
    """The reader and writer of skops, imported without torch where that is not loaded yet.

    skops looks at every package of scikit-learn, among them an adapter for torch. No model that skops stores needs that, but a
    process that loads one would take two seconds longer and 180 MiB more: a linear model would be charged for it, in service too.
    """
    finder = _WithoutTorch()
    if "torch" not in sys.modules:
        sys.meta_path.insert(0, finder)
    try:
        import skops.io
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
    return skops.io


def _load_skops(file: Path) -> Predictor:
    skops = _skops()
    types = skops.get_untrusted_types(file=file)
    check_trusted(types, file)
    predictor: Predictor = skops.load(file, trusted=types)
    return predictor


def check_trusted(names: Sequence[str], where: Path) -> None:
    """Make sure that all these modules or classes are of packages that may be made again from a stored model.

    Raises:
        RecordError: one is of another.
    """
    trusted = _trusted()
    foreign = sorted(name for name in names if name.split(".", 1)[0] not in trusted)
    if foreign:
        raise RecordError(
            expected=f"classes of {', '.join(sorted(trusted))}",
            found=", ".join(foreign),
            where=str(where),
            remedy="do not load this model: it was not written by preuve, or it was changed",
        )


def confidence(predictor: Predictor, inputs: Sequence[str]) -> list[float] | None:
    """The predictor's confidence in its answers, one number an input, on the predictor's own scale; none where it has none."""
    import numpy as np

    for name in ("predict_proba", "decision_function"):
        # Asked for by name: a pipeline answers `hasattr` with what its last step can do.
        method = getattr(predictor, name, None)
        if method is not None:
            values = np.asarray(method(inputs), dtype=float)
            # With two classes a decision function is one signed distance from the border between them.
            return [float(value) for value in (np.abs(values) if values.ndim == 1 else values.max(axis=1))]
    return None


def shares_read(predictor: Predictor, inputs: Sequence[str]) -> list[float]:
    """Of each input, how much the predictor can read; all of it where it does not say otherwise."""
    method = getattr(predictor, "shares_read", None)
    return [1.0] * len(inputs) if method is None else [float(share) for share in method(inputs)]


class _PyFunc:
    """What MLflow asks to `predict`. It reads the type of the input and turns tables and series into such a list."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, model_input: list[str]) -> list[str]:
        """One answer per text."""
        return [str(answer) for answer in self.predictor.predict(model_input)]


def _load_pyfunc(data_path: str) -> _PyFunc:
    """MLflow's entry point for `mlflow.pyfunc.load_model`; its name is MLflow's convention."""
    return _PyFunc(load_predictor(Path(data_path)))
