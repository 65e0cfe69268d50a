"""What this machine can measure, and what stands in the way of a campaign. It never needs root and changes nothing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version

from evaluation.energy.lock import lock_holder
from evaluation.energy.meter import outside_settings
from evaluation.environment import GIB, describe_environment, rapl_state
from evaluation.exceptions import HomeError
from evaluation.home import home_path, open_home

PACKAGES = ("codecarbon", "mlflow", "scikit-learn", "torch", "transformers")
LITTLE_SPACE_GIB = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing that `preuve doctor` looked at; `advice` where something can be better."""

    subject: str
    found: str
    advice: str | None = None


def examine() -> list[Finding]:
    """One finding a subject, the machine first, then what a campaign needs."""
    environment = describe_environment()
    return [
        Finding("CPU", f"{environment.cpu}, {environment.cores} cores"),
        Finding("Memory", f"{environment.ram_gib:g} GiB; its energy is a declared constant, never measured"),
        Finding("Virtual machine", environment.virtualised or "no"),
        _rapl(),
        _gpu(),
        _settings(),
        _lock(),
        _home(),
        Finding("Python", f"{environment.python}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        Finding("Code", _code(environment.code_commit, dirty=environment.code_dirty)),
    ]


def _rapl() -> Finding:
    state = rapl_state()
    if state == "readable":
        return Finding("CPU energy", "RAPL counter, readable")
    found, _, advice = state.partition(": ")
    model = "the CPU's energy will be a model (load and an assumed TDP), not a measurement"
    if advice.startswith("sudo"):
        return Finding("CPU energy", f"RAPL counter {found}; until then {model}", advice)
    return Finding(
        "CPU energy", f"RAPL counter {found} ({advice}); {model}", "compare candidates by their ratios, not by absolute watt-hours"
    )


def _gpu() -> Finding:
    try:
        from codecarbon.core.gpu import is_nvidia_system

        present = is_nvidia_system()
    except ImportError:
        present = False
    return Finding("GPU", "NVIDIA, its driver's counter is used" if present else "none found")


def _settings() -> Finding:
    found = outside_settings()
    if found:
        return Finding("CodeCarbon settings", f"made outside: {', '.join(found)}", f"unset or move away: {' '.join(found)}")
    return Finding("CodeCarbon settings", "none from outside")


def _lock() -> Finding:
    holder = lock_holder()
    return Finding("Energy lock", holder or "free", "wait until it ends" if holder else None)


def _home() -> Finding:
    try:
        home = open_home()
    except HomeError as error:
        return Finding("PREUVE_HOME", f"{home_path()}: {error.found}", error.remedy)
    free_gib = shutil.disk_usage(home).free / GIB
    advice = "free some space: models and records need it" if free_gib < LITTLE_SPACE_GIB else None
    return Finding("PREUVE_HOME", f"{home}, {free_gib:.0f} GiB free", advice)


def _code(commit: str | None, *, dirty: bool | None) -> str:
    if commit is None:
        return "not a git checkout: runs cannot say which code they ran"
    return f"commit {commit[:12]}{', with changes' if dirty else ''}"
