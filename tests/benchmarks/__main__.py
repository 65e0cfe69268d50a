"""Measures the program against what is asked of it, as ratios taken in one run, and prints a table.

python -m tests.benchmarks [NAME]...
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evaluation.home import PROJECT, make_private
from tests.benchmarks import energy, judgement, ledger, reports, summaries

make_private()

PYTHON = sys.executable
PREUVE = [PYTHON, "-c", "from evaluation.cli import main; main()"]
SCIKIT_LEARN = ["majority", "tfidf-logreg", "tfidf-linearsvc"]
BANKING77 = PROJECT.parent / "shared" / "data" / "banking77"

Row = tuple[str, str, str]


def usage(command: Sequence[str], home: Path) -> tuple[float, float]:
    """CPU and wall seconds of a whole process and its children."""
    environment = {**os.environ, "PREUVE_HOME": str(home)}
    began = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
    process = os.posix_spawn(command[0], list(command), environment, file_actions=quiet)
    _, status, used = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        message = f"{' '.join(command)} failed"
        raise RuntimeError(message)
    return used.ru_utime + used.ru_stime, time.perf_counter() - began


@contextmanager
def new_home() -> Iterator[Path]:
    """A home of this measurement's own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def start_up() -> Iterator[Row]:
    """How long the quick commands take, over the imports that any such program has."""
    for name, arguments in (("preuve --help", ["--help"]), ("preuve list", ["list"])):
        ratios = []
        with new_home() as home:
            for _ in range(15):
                ours = usage([*PREUVE, *arguments], home)[1]
                ratios.append(ours / usage([PYTHON, "-c", "import typer, rich, pydantic"], home)[1])
        yield f"{name}: wall time over `import typer, rich, pydantic`", f"{statistics.median(ratios):.2f}", "at most 2.5"


def harness() -> Iterator[Row]:
    """A campaign against the same work written by hand."""
    script = str(Path(__file__).with_name("by_hand.py"))
    candidates = [word for name in SCIKIT_LEARN for word in ("--candidate", name)]
    for rounds, window_s, pairs in ((3, 2.0, 4), (5, 10.0, 1)):
        ratios, differences_s = [], []
        for pair in range(pairs):
            protocol = ["--rounds", str(rounds), "--window", str(window_s)]
            commands = {"ours": [*PREUVE, "run", "request-classification", *candidates, *protocol], "by hand": []}
            used_s = {}
            # Each comes first in turn: what the first one loads from the disk, the second finds in memory.
            for who in sorted(commands, reverse=pair % 2 == 0):
                with new_home() as home:
                    used_s[who] = usage(commands[who] or [PYTHON, script, str(rounds), str(window_s), str(home)], home)[0]
            ratios.append(used_s["ours"] / used_s["by hand"])
            differences_s.append(used_s["ours"] - used_s["by hand"])
        name = f"campaign over the same by hand, {rounds} rounds of {window_s:g} s: CPU seconds"
        spread = f"{min(ratios):.3f} to {max(ratios):.3f}, {statistics.median(differences_s):+.1f} s"
        yield name, f"{statistics.median(ratios):.3f} ({spread}, {pairs} pairs)", "at most 1.10"


def banking77() -> Iterator[Row]:
    """The best linear candidate on real requests, with their official split."""
    asked = "at least 0.910"
    name = "Banking77, best linear candidate: accuracy"
    if not BANKING77.is_dir():
        yield name, "the data are not here", asked
        return
    from evaluation.data.files import Columns
    from evaluation.data.splits import read_split
    from evaluation.metrics import accuracy, label_answers
    from poc.request_classification import CANDIDATES

    columns = Columns("text", "category")
    split = read_split(BANKING77 / "train.csv", columns, test=BANKING77 / "test.csv", allow_overlap=True)
    scores = {}
    for candidate in CANDIDATES:
        if candidate.name.startswith("tfidf"):
            predictor = candidate.fit(split.train, seed=0, **candidate.params)
            scores[candidate.name] = accuracy.value(label_answers(split.test.targets, predictor.predict(split.test.inputs)))
    best = max(scores, key=scores.__getitem__)
    yield name, f"{scores[best]:.4f} ({best})", asked


BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "start-up": start_up,
    "banking77": banking77,
    "harness": harness,
    "metering": energy.metering,
    "foreign-load": energy.foreign_load,
    "kills": energy.kills,
    "verify": ledger.verify,
    "append": ledger.append,
    "tampering": ledger.tampering,
    "ledger-kills": ledger.kills,
    "telling-apart": energy.telling_apart,
    "compare": judgement.comparing,
    "false-alarms": judgement.false_alarms,
    "summaries": summaries.summaries,
    "reports": reports.of_reports,
    "coverage": judgement.coverage,
}


def main(names: Sequence[str]) -> None:
    """Run the benchmarks of these names, or all, and print what was measured beside what was asked."""
    from rich.console import Console
    from rich.table import Table

    table = Table("measured", "result", "asked")
    for name, benchmark in BENCHMARKS.items():
        if not names or name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            for row in benchmark():
                table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
