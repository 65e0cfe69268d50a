"""Peak memory of a fitted candidate: what a fresh process needs that loads it and answers with it, as a server would."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from evaluation.candidate import Predictor
from evaluation.home import make_private, scratch_folder
from evaluation.messages import Setting, say, words
from evaluation.predictors import load_predictor, may_be_loaded, save_predictor

MOST_INPUTS = 256
LONGEST_S = 120.0
KIB_PER_MIB = 1024


class PeakMemory(NamedTuple):
    """What was found of a predictor's peak memory.

    Attributes:
        mib: resident, libraries included; none where it could not be found.
        why_not: in words, where it could not.
    """

    mib: float | None
    why_not: str | None = None


def find_peak_memory(predictor: Predictor, inputs: Sequence[str]) -> PeakMemory:
    """Peak resident memory, libraries included; none where the predictor cannot be stored and loaded again.

    Args:
        predictor: fitted.
        inputs: some of them are answered.
    """
    if not may_be_loaded(predictor):
        return PeakMemory(None, words("its model has parts that skops does not trust, so no other process loads it"))
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
            return PeakMemory(float(done.stdout.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            found = say("a process of its own did not answer within {seconds} s", seconds=Setting(LONGEST_S))
            return PeakMemory(None, str(found))
        except subprocess.CalledProcessError:
            return PeakMemory(None, words("a process of its own could not load it and answer"))
        except Exception as error:  # noqa: BLE001  # whatever goes wrong in storing somebody's predictor, its other figures stand
            return PeakMemory(None, str(say("its model could not be stored ({error})", error=type(error).__name__)))


def _answer(stored: Path) -> float:
    load_predictor(stored).predict(json.load(sys.stdin))
    # `ru_maxrss` would count the process that started this one; the kernel's high-water mark begins anew with each program.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / KIB_PER_MIB


if __name__ == "__main__":
    make_private()
    print(_answer(Path(sys.argv[1])))  # noqa: T201  # the answer to the process that asked
