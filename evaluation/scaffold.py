"""`preuve new`: a POC folder that runs at once: card, goals, data card, a way without AI, a candidate and their test."""

from __future__ import annotations

import hashlib
import keyword
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.exceptions import PreuveError
from evaluation.home import place_of

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("poc_templates")
SHARED, SUFFIX = "shared", ".j2"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 40
SAMPLES = "samples.csv"


class Kind(StrEnum):
    """What a POC asks."""

    CLASSIFICATION = "classification"
    SUMMARISATION = "summarisation"
    EXTRACTION = "extraction"
    SEARCH = "search"


@dataclass(frozen=True)
class Said:
    """What the card of a new POC says in one language; its author goes on from there."""

    question: str
    purpose: str
    without_ai: str
    individual_decision_why: str
    ai_act_why: str


@dataclass(frozen=True)
class Beginning:
    """What the kinds of POCs differ in, apart from their code and samples.

    Attributes:
        unit_name: the functional unit.
        unit_size: samples in it.
        metric: that candidates are judged by.
        ceiling_wh: of a functional unit; the target is a tenth of it.
        task_family: a BoAmps report's word for the task.
    """

    unit_name: str
    unit_size: int
    metric: str
    ceiling_wh: float
    task_family: str
    english: Said
    french: Said


BEGINNINGS = {
    Kind.CLASSIFICATION: Beginning(
        "1 000 messages sorted",
        1000,
        "macro_f1",
        1.0,
        "text classification",
        Said(
            "Does a small model sort the messages better than a list of words, and is the difference worth its energy?",
            "To put each message of a library's readers where it is answered: opening hours, loans or events.",
            "keywords: counts the words of a list, as a clerk does",
            "it chooses a desk, and a clerk can always send the message on (CRPA, L.311-3-1)",
            "it sorts messages, it decides no right and no benefit",
        ),
        Said(
            "Un petit modèle trie-t-il mieux qu’une liste de mots, et l’écart justifie-t-il son énergie\u202f?",
            "Ranger chaque message reçu par la médiathèque là où l’on y répond\u00a0: horaires, prêts ou animations.",
            "keywords\u00a0: compte les mots d’une liste, comme le ferait un agent",
            "le modèle choisit un guichet, et un agent peut toujours réorienter le message (CRPA, art. L. 311-3-1)",
            "il trie des messages, il ne décide d’aucun droit ni d’aucune aide",
        ),
    ),
    Kind.SUMMARISATION: Beginning(
        "1 text summarised",
        1,
        "fact_recall",
        0.5,
        "summarization",
        Said(
            "Does a program find what a reader must know better than the first sentences do, and is that worth its energy?",
            "To tell in thirty words what residents must know of a notice.",
            "first-sentences: the beginning of the text, as far as it fits",
            "a summary stands beside its text and grounds no decision (CRPA, L.311-3-1)",
            "it shortens notices, it decides no right and no benefit",
        ),
        Said(
            "Un programme trouve-t-il mieux l’essentiel que les premières phrases, et l’écart justifie-t-il son énergie\u202f?",
            "Dire en trente mots ce que les habitants doivent savoir d’un avis.",
            "first-sentences\u00a0: le début du texte, autant qu’il en tient",
            "le résumé accompagne son texte et ne fonde aucune décision (CRPA, art. L. 311-3-1)",
            "il raccourcit des avis, il ne décide d’aucun droit ni d’aucune aide",
        ),
    ),
    Kind.EXTRACTION: Beginning(
        "1 000 letters read",
        1000,
        "exact_match",
        1.0,
        "information extraction",
        Said(
            "Does a program find the amount that is asked better than taking the first one, and is that worth its energy?",
            "To read from a letter the amount that is to be paid.",
            "first-amount: the first amount in the letter",
            "a clerk checks each amount before anything is paid (CRPA, L.311-3-1)",
            "it copies an amount out of a letter, it decides no right and no benefit",
        ),
        Said(
            "Un programme trouve-t-il mieux la somme demandée que si l’on prend la première, et cela vaut-il son énergie\u202f?",
            "Relever dans un courrier la somme qui reste à payer.",
            "first-amount\u00a0: la première somme du courrier",
            "un agent vérifie chaque somme avant tout paiement (CRPA, art. L. 311-3-1)",
            "il recopie une somme, il ne décide d’aucun droit ni d’aucune aide",
        ),
    ),
    Kind.SEARCH: Beginning(
        "1 000 questions answered",
        1000,
        "found_first",
        1.0,
        "information retrieval",
        Said(
            "Does weighing rare words find the right page better than counting common ones, and is that worth its energy?",
            "To lead whoever asks a question to the page of the town's site that answers it.",
            "common-words: the page that shares most words with the question",
            "it leads to a page, and the page says who can be asked (CRPA, L.311-3-1)",
            "it finds pages, it decides no right and no benefit",
        ),
        Said(
            "Donner plus de poids aux mots rares trouve-t-il mieux la bonne page, et l’écart justifie-t-il son énergie\u202f?",
            "Conduire la personne qui pose une question à la page du site de la ville qui y répond.",
            "common-words\u00a0: la page qui a le plus de mots en commun avec la question",
            "le programme mène à une page, qui indique à qui s’adresser (CRPA, art. L. 311-3-1)",
            "il trouve des pages, il ne décide d’aucun droit ni d’aucune aide",
        ),
    ),
}


def make_poc(name: str, kind: Kind) -> Path:
    """Write a new POC, whole or not at all, and give its folder.

    Args:
        name: of its task; underscores do for hyphens.
        kind: what it asks.

    Raises:
        PreuveError: the name will not do, something of this name is there already, or the folder cannot be written.
    """
    name = checked_name(name)
    folder = poc_root() / name.replace("-", "_")
    files = written_files(name, kind, folder)
    try:
        # It fails where anything is: a folder that is there is never touched.
        folder.mkdir()
    except FileExistsError:
        raise _taken(name, folder) from None
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _unwritable(folder, error) from error
    return folder


def poc_root() -> Path:
    """The folder in which this project's POCs are."""
    import poc

    return Path(poc.__path__[0])


def checked_name(name: str) -> str:
    """The name as a task has it.

    Raises:
        PreuveError: it will not do, or is taken.
    """
    from evaluation.pocs import look_for_pocs

    checked = name.replace("_", "-")
    if not NAME.fullmatch(checked) or len(checked) > LONGEST_NAME:
        raise PreuveError(
            expected=f"lower-case letters without accents, digits and hyphens, a letter first, at most {LONGEST_NAME} characters",
            found=repr(name),
            where="NAME",
            remedy="for example preuve new bench-reports",
        )
    root, module = poc_root(), checked.replace("-", "_")
    if keyword.iskeyword(module) or keyword.issoftkeyword(module):
        raise PreuveError(
            expected="a name that is no word of Python",
            found=repr(name),
            where="NAME",
            remedy=f"for example preuve new {checked}-poc",
        )
    if (root / module).exists() or (root / f"{module}.py").exists():
        raise _taken(checked, root / module)
    pocs, broken = look_for_pocs()
    known = {**{each.name: each.folder for each in broken}, **{each.task.name: each.folder for each in pocs}}
    if checked in known:
        raise _taken(checked, known[checked])
    return checked


def written_files(name: str, kind: Kind, folder: Path) -> Mapping[str, str]:
    """The files of a new POC by name, with their texts, for a folder: samples in the project are named by their place in it."""
    beginning, module = BEGINNINGS[kind], name.replace("-", "_")
    samples = (TEMPLATES / kind / SAMPLES).read_text(encoding="utf-8")
    values = {
        "name": name,
        "module": module,
        "title": name.replace("-", " ").capitalize(),
        "data": place_of(folder / SAMPLES),
        "sha256": hashlib.sha256(samples.encode()).hexdigest(),
        "target_wh": beginning.ceiling_wh / 10,
        **vars(beginning),
    }
    found = {}
    for template in sorted([*(TEMPLATES / SHARED).iterdir(), *(TEMPLATES / kind).iterdir()]):
        shown = template.read_text(encoding="utf-8")
        if template.suffix == SUFFIX:
            shown = _templates().get_template(template.relative_to(TEMPLATES).as_posix()).render(values)
        found[template.name.removesuffix(SUFFIX).replace("test.py", f"test_{module}.py")] = shown
    return found


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # They are Python, TOML and Markdown, made from a name that was checked.
    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )


def _taken(name: str, folder: Path) -> PreuveError:
    return PreuveError(
        expected="a name that is free",
        found=f"{folder} is there already; nothing in it was touched",
        where="NAME",
        remedy=f"choose another name, or run what is there: preuve run {name}",
    )


def _unwritable(folder: Path, error: OSError) -> PreuveError:
    return PreuveError(
        expected="a folder that can be made",
        found=error.strerror or str(error),
        where=str(folder),
        remedy="make poc/ writable for you, or work in a copy of the project that is yours",
    )
