"""What an export says of itself: `datapackage.json` for programs; how to read it, and its licence, for people."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import __version__
from evaluation.messages import Message
from evaluation.publishing.croissant import OPEN_LICENCES, SampleData, described_table
from evaluation.publishing.export import File
from evaluation.publishing.language import Language
from evaluation.publishing.pages import templates
from evaluation.publishing.tables import Json, clean

FRENCH = Language("fr")
PAGES = {"README.md": "export_readme.md.j2", "LISEZMOI.md": "export_lisezmoi.md.j2", "LICENCE.md": "export_licence.md.j2"}
LICENCE = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte 2.0 / Open Licence 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
}
# As the first version of the standard calls a table, and as the frictionless library does, `type`.
TABULAR = "tabular-data-resource"
KEYWORDS = ("intelligence artificielle", "sobriété numérique", "énergie", "carbone", "POC", "évaluation")
# Of the tables: what they are called, in both languages.
TITLES = {
    "candidates.csv": ("Candidates: quality, energy, carbon, decision", "Candidats : qualité, énergie, carbone, décision"),
    "indicateurs.csv": ("Indicators, in the national schema", "Indicateurs, au schéma national"),
}


@dataclass(frozen=True)
class LeftOut:
    """What is not in the export, and why."""

    what: str
    why: Message

    def as_dict(self) -> dict[str, str]:
        """In both languages."""
        return {"what": self.what, "why": str(self.why), "why_fr": FRENCH.message(self.why)}


@dataclass(frozen=True)
class Contents:
    """What an export is made of.

    Attributes:
        publisher: none where nobody says.
        date: of the export.
        formats: `csv`, `boamps` or both.
        head: of this home's ledger; none where there is none.
        samples: of the POCs.
        left_out: what could not be exported.
    """

    publisher: str | None
    date: dt.date
    formats: Collection[str]
    head: str | None
    samples: Sequence[SampleData]
    left_out: Sequence[LeftOut]


def pages(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The files for people. Whatever is not ours is escaped: Markdown lets HTML through."""
    for name, template in PAGES.items():
        page = (
            templates()
            .get_template(template)
            .render(
                publisher=contents.publisher,
                date=contents.date.isoformat(),
                version=__version__,
                formats=contents.formats,
                head=contents.head,
                samples=contents.samples,
                left_out=[each.as_dict() for each in contents.left_out],
            )
        )
        yield name, clean(page).encode()


def data_package(contents: Contents, files: Sequence[File]) -> Json:
    """The description of all files, as Frictionless Data Package has it.

    Args:
        contents: of the export.
        files: that were written.
    """
    samples = {each.path: each for each in contents.samples}
    named = {} if contents.publisher is None else {"contributors": [{"title": contents.publisher, "role": "publisher"}]}
    return {
        "name": "preuve-open-data",
        "title": "Small AI models that were tried: how well they work, what energy they use",
        "title_fr": "Petits modèles d’IA éprouvés : qualité et énergie",
        "description": "Results of proofs of concept, negative ones included, with intervals and how well each energy is known. "
        "README.md says how to read and check it.",
        "description_fr": "Résultats de preuves de concept, négatifs compris, avec leurs intervalles et la façon dont chaque "
        "énergie est connue. LISEZMOI.md dit comment lire et vérifier.",
        "created": f"{contents.date.isoformat()}T00:00:00Z",
        "keywords": list(KEYWORDS),
        "licenses": [LICENCE],
        **named,
        "preuve:version": __version__,
        "preuve:ledger_head": contents.head,
        "preuve:left_out": [each.as_dict() for each in contents.left_out],
        "resources": [_resource(file, samples.get(file.path)) for file in files],
    }


def _resource(file: File, sample: SampleData | None) -> Json:
    path = Path(file.path)
    found: Json = {
        "name": re.sub(r"[^a-z0-9._-]", "-", file.path.lower()),
        "path": file.path,
        "type": "file",
        "format": path.suffix.removeprefix("."),
        "mediatype": {".csv": "text/csv", ".json": "application/json", ".md": "text/markdown"}.get(path.suffix, "text/plain"),
        "encoding": "utf-8",
        "bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if file.path in TITLES:
        title, title_fr = TITLES[file.path]
        schema = f"{path.stem}.schema.json"
        return found | {"type": "table", "profile": TABULAR, "schema": schema, "title": title, "title_fr": title_fr}
    if sample:
        licence = {"name": sample.card.licence, "path": OPEN_LICENCES[sample.card.licence]}
        return found | {"type": "table", "profile": TABULAR, "schema": described_table(sample), "licenses": [licence]}
    return found
