"""What notebooks call: measure a POC or read a campaign back, and judge it; with a progress bar, and errors without a traceback.

Importing it switches telemetry and hub access off, as the command line does when it starts.
"""

from __future__ import annotations

import datetime as dt
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from markupsafe import escape

from evaluation.exceptions import CampaignInterrupted, PreuveError
from evaluation.home import make_private
from evaluation.html_table import speak

make_private()
# Libraries ask for a widget's package as soon as they find themselves in a notebook; the bar below does without.
warnings.filterwarnings("ignore", message="IProgress not found")

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.assessment import Assessment
    from evaluation.data.card import PersonalData
    from evaluation.goals import Goals
    from evaluation.pocs import Poc
    from evaluation.publishing.charts import Picture
    from evaluation.publishing.language import Language
    from evaluation.run import Campaign


def poc(name: str) -> Poc:
    """The POC of this name.

    Raises:
        PreuveError: there is none, or it is broken.
    """
    from evaluation.pocs import find_poc

    return find_poc(name)


def run(
    name: str,
    *,
    candidates: Sequence[str] = (),
    params: Sequence[str] = (),
    seeds: int = 1,
    rounds: int | None = None,
    window_s: float | None = None,
    quick: bool = False,
    data: str | Path | None = None,
    test: str | Path | None = None,
    text: str | None = None,
    target: Sequence[str] = (),
    licence: str | None = None,
    personal_data: PersonalData | None = None,
    dpia: str | None = None,
    expires: dt.date | None = None,
) -> Campaign:
    """Measure the candidates of a POC: `preuve run` with the same options. It waits while another campaign holds the machine.

    Args:
        name: of the POC.
        candidates: names of those that are meant; all of them where none is named.
        params: changes of parameters, each `NAME.KEY=VALUE`.
        seeds: fits of each candidate.
        rounds: measured windows of each fit.
        window_s: length of a window, in seconds.
        quick: few rounds of short windows, where nothing else is said of them.
        data: a file of your own.
        test: its test file.
        text: its column of the texts.
        target: its columns of the answers.
        licence: of it, for its card.
        personal_data: whether it holds any: `yes` or `no`.
        dpia: reference of the impact assessment, where it does.
        expires: the last day it may be used.

    Raises:
        PreuveError: something that the message says how to mend.
    """
    from evaluation.data.loading import DataRequest, Declaration
    from evaluation.pocs import change_params, find_poc
    from evaluation.workbench import protocol_of, run_poc

    declaration = Declaration(licence, personal_data, dpia, expires)
    request = DataRequest(
        None if data is None else str(data), None if test is None else Path(test), text, target, declaration=declaration
    )
    found = find_poc(name)
    found, chosen = change_params(found, found.choose(candidates), params)
    protocol = protocol_of(seeds=seeds, rounds=rounds, window_s=window_s, quick=quick)
    with ProgressBar() as bar:
        return run_poc(found, chosen, protocol, data=request, progress=bar.show, tell=_tell, wait=True)


def latest(what: str) -> Campaign:
    """The latest finished campaign of a POC, or the campaign of this id.

    Raises:
        PreuveError: there is none.
    """
    from evaluation.finding import find_campaign

    return find_campaign(what, tell=_tell)[1]


def judge(campaign: Campaign, goals: Goals | None = None) -> Assessment:
    """Judge a campaign by its POC's goals as they are now, or by others that are given: these leave no trace.

    Raises:
        PreuveError: there is nothing to compare.
    """
    from evaluation.assessment import assess
    from evaluation.pocs import find_poc
    from evaluation.workbench import judge_campaign, today

    found = find_poc(campaign.task)
    return judge_campaign(found, campaign) if goals is None else assess(found.task, goals, campaign, today=today())


def language() -> Language:
    """In which pages and pictures speak: the locale's, or English."""
    from evaluation.publishing.language import Language
    from evaluation.spoken import spoken_language

    return Language(spoken_language(None, default="en"))


def front(found: Assessment) -> Picture | None:
    """The picture of quality against energy; none where nothing was measured."""
    from evaluation.publishing.charts import quality_against_energy

    return quality_against_energy(found, language())


def mistakes(campaign: Campaign, candidate: str, *, seed: int = 0, limit: int = 10) -> pd.DataFrame:
    """What a candidate answered wrong, the most confident mistakes first; texts are read from the data file at this moment.

    Raises:
        PreuveError: there is no such candidate, or the data file is gone or has changed.
    """
    from dataclasses import asdict

    import pandas as pd

    from evaluation.mistakes import find_mistakes

    found, _ = find_mistakes(campaign, candidate, seed)
    columns = ["id", "expected", "predicted", "score", "text"]
    return pd.DataFrame([asdict(each) for each in found[:limit]], columns=columns).set_index("id")


def weak_answers(campaign: Campaign, candidate: str, *, seed: int = 0, limit: int = 5) -> pd.DataFrame:
    """The answers, being texts, that were worst, beside one that is right, and what is wrong; the stored model gives them again.

    Raises:
        PreuveError: there is no such candidate, its model was not stored, or the data file is gone or has changed.
    """
    from dataclasses import asdict

    import pandas as pd

    from evaluation.pocs import find_poc
    from evaluation.records.store import open_store
    from evaluation.weak_answers import find_weak_answers

    found, metric, _ = find_weak_answers(campaign, find_poc(campaign.task).task, candidate, seed, open_store(campaign.task), limit)
    columns = ["id", "score", "wrong", "answer", "expected"]
    table = pd.DataFrame([asdict(each) | {"wrong": "; ".join(each.wrong)} for each in found], columns=columns)
    return table.set_index("id").rename(columns={"score": metric.name})


class ProgressBar:
    """Which step of how many is under way, below the cell; a line a step where nothing displays HTML.

    It is drawn between windows only, so that drawing is not measured.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            self._handle.update(_Shown("", ""))

    def show(self, step: str, done: int, total: int) -> None:
        """`done` of `total` steps are over; `step` begins."""
        from IPython.display import display

        text = f"[{done}/{total}] {step}"
        bar = f'<label><progress max="{total}" value="{done}"></progress> {done}/{total} {escape(step)}</label>'
        shown = _Shown(bar, text)
        if self._handle is None:
            self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(shown)


class _Shown:
    """HTML where a page shows it, text elsewhere."""

    def __init__(self, html: str, text: str) -> None:
        self._html, self._text = html, text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _explain_errors() -> None:
    """In a notebook, an error that a user can mend is explained, and one's own interrupt is told, without a traceback."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return

    def handle(shell: Any, kind: type[BaseException], error: PreuveError | CampaignInterrupted, *_: object, **__: object) -> Any:
        return shell._showtraceback(kind, error, [error.explained])  # noqa: SLF001  # the way in which a shell shows an error, and marks the cell

    shell.set_custom_exc((PreuveError, CampaignInterrupted), handle)


_explain_errors()
speak(language())
