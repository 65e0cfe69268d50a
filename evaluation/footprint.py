"""Peak memory of a fitted candidate: what a fresh process needs that loads it and answers with it, as a server would."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evaluation.candidate import Predictor
from evaluation.home import make_private, scratch_folder
from evaluation.predictors import load_predictor, may_be_loaded, save_predictor

MOST_INPUTS = 256
LONGEST_S = 120.0
KIB_PER_MIB = 1024


def peak_memory_mib(predictor: Predictor, inputs: Sequence[str]) -> float | None:
    """Peak resident memory, libraries included, in MiB; none where the predictor cannot be stored and loaded again.

    Args:
        predictor: fitted.
        inputs: some of them are answered.
    """
    if not may_be_loaded(predictor):
        return None
    # A model may hold words of the texts: what a kill leaves of it is found and deleted by the next command.
    scratch = scratch_folder()
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        stored = Path(folder) / "stored"
        try:
            save_predictor(predictor, stored)
            # Texts go through a pipe: they are never on the disk, nor among the arguments that everybody can see.
            done = subprocess.run(
                [sys.executable, "-m", "evaluation.footprint", str(stored)],
                input=json.dumps(list(inputs[:MOST_INPUTS])),
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=True,
                cwd=Path(__file__).parent.parent,
            )
            return float(done.stdout.splitlines()[-1])
        except Exception:  # noqa: BLE001  # whatever goes wrong in storing somebody's predictor, its other figures stand
            return None


def _answer(stored: Path) -> float:
    load_predictor(stored).predict(json.load(sys.stdin))
    # `ru_maxrss` would count the process that started this one; the kernel's high-water mark begins anew with each program.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / KIB_PER_MIB


if __name__ == "__main__":
    make_private()
    print(_answer(Path(sys.argv[1])))  # noqa: T201  # the answer to the process that asked
