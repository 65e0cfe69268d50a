"""The sample data of a POC as others can use them: a copy, and a description in Croissant 1.0 (MLCommons), which machines read.

Only data whose card says that there are no personal data in them, and which may be passed on.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from dataclasses import dataclass

from evaluation.data.card import Card, card_path, read_card
from evaluation.exceptions import PreuveError
from evaluation.home import PROJECT
from evaluation.messages import Message, say
from evaluation.publishing.disclosure import file_name
from evaluation.publishing.tables import Json
from evaluation.task import Task

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
# Licences under which anybody may pass data on, and where each is read.
OPEN_LICENCES = {
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "etalab-2.0": "https://spdx.org/licenses/etalab-2.0.html",
    "odbl-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
# The names of Croissant 1.0 in the vocabularies that it takes them from, as its specification lists them.
CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


@dataclass(frozen=True)
class SampleData:
    """The samples of a POC, as they are published.

    Attributes:
        folder: in the export, a name.
        name: of the file.
        content: of the file, the one that its card describes.
        columns: of the table.
    """

    task: Task
    card: Card
    folder: str
    name: str
    content: bytes
    columns: tuple[str, ...]

    @property
    def path(self) -> str:
        """In the export."""
        return f"data/{self.folder}/{self.name}"


def sample_data(task: Task) -> SampleData | Message:
    """The samples of a task, or why they are not published."""
    path = PROJECT / task.data
    try:
        card, content = read_card(card_path(path)), path.read_bytes()
    except (OSError, PreuveError):
        return say("its samples or their card cannot be read")
    if card.contains_personal_data != "no":
        return say("the card of its samples does not say that they hold no personal data")
    if card.licence not in OPEN_LICENCES:
        return say("its samples are under a licence that is not known to be open: {licence}", licence=card.licence)
    if hashlib.sha256(content).hexdigest() != card.sha256:
        return say("its samples are not those that their card describes")
    if path.suffix.lower() != ".csv":
        return say("its samples are no CSV file")
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"))), [])
    return SampleData(task, card, file_name(task.name), path.name, content, tuple(header))


def croissant(data: SampleData, publisher: str | None, date: dt.date) -> Json:
    """The description of a POC's samples; its address of them is relative to where it lies, `croissant/`."""
    task, card = data.task, data.card
    answers = ", ".join(task.targets)
    creator = {"creator": {"@type": "sc:Organization", "name": publisher}} if publisher else {}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": data.folder,
        "description": f"Samples of the POC {task.name}: of {task.input} a candidate is to make {answers}. {card.origin}. "
        f"{(card.how_written or '').strip()}".strip(),
        "license": OPEN_LICENCES[card.licence],
        "url": f"../{data.path}",
        "version": f"{task.version}.0.0" if task.version.isdecimal() else task.version,
        "datePublished": date.isoformat(),
        "citeAs": f"{publisher or 'preuve'}: samples of the POC {task.name}, version {task.version}, {date.year} ({card.licence})",
        "inLanguage": card.language,
        "isLiveDataset": False,
        **creator,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": data.name,
                "name": data.name,
                "contentUrl": f"../{data.path}",
                "contentSize": f"{len(data.content)} B",
                "encodingFormat": "text/csv",
                "sha256": card.sha256,
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "description": "A sample a row.",
                "field": [_field(task, data.name, column) for column in data.columns],
            }
        ],
    }


def _field(task: Task, file: str, column: str) -> Json:
    return {
        "@type": "cr:Field",
        "@id": f"samples/{column}",
        "name": column,
        "description": column_words(task, column),
        "dataType": "sc:Text",
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }


def column_words(task: Task, column: str) -> str:
    """What a column of the samples is to the task."""
    known = {
        task.id: "What tells samples apart.",
        task.split: "Whether it is to learn from (train) or for the test.",
        task.input: "What a candidate is given.",
        **dict.fromkeys(task.targets, "An answer that is right."),
        **dict.fromkeys(task.slices, "Results are split along it."),
        **dict.fromkeys(task.marks, "Only metrics read it."),
    }
    return known.get(column, "Said of the sample, and not used.")


def described_table(data: SampleData) -> Json:
    """The Table Schema of the samples."""
    fields = [{"name": name, "type": "string", "description": column_words(data.task, name)} for name in data.columns]
    return {"fields": fields, "missingValues": [""]}
