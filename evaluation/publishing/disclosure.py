"""What of a record may be published: no path of a machine, and no name of a file that may hold personal data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from evaluation.home import PROJECT, home_path
from evaluation.run import Campaign, DataRecord

WITHHELD = "withheld: may hold personal data"
SHORT_WITHHELD = "[withheld]"
HUB = "hf:"
# Folders before a name, of Windows too: they may name a person. An address of the web is none, a local database's is.
FOLDERS = re.compile(r"\b(?:file|sqlite):/+(?:[^\s'\"]*/)?|(?<![\w.</~])(?:~[\w.-]*)?[/\\](?![/\\])(?:[^\s/\\:'\"`,;()]+[/\\])+")
# Of a file: systems take 255 bytes, of which an ending, a hash and a temporary name take some.
LONGEST_NAME = 60


def data_name(data: DataRecord) -> str:
    """The name of the data without its folder; of data that may hold personal data, that it is withheld."""
    return data.name if data.contains_personal_data == "no" else WITHHELD


def publishable(text: str | None, campaign: Campaign) -> str | None:
    """A text of a record without the folders of the machine that wrote it.

    Folders that the record itself names go first, as a blank in them would hide where they end.
    """
    if text is None:
        return None
    for folder in sorted(_folders(campaign.data), key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(folder)}(?:/|(?![\w-]))", "", text)
    text = FOLDERS.sub("", text)
    if campaign.data.contains_personal_data != "no":
        for name in sorted(filter(None, map(_last, _files(campaign.data))), key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", SHORT_WITHHELD, text)
    return text


def _files(data: DataRecord) -> Iterator[str]:
    named = (data.source, data.test_source, data.card, *data.target_files)
    return (name for name in named if name and not name.startswith(HUB))


def _last(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def _folders(data: DataRecord) -> set[str]:
    """Those that the record names, and this machine's own; a name of one letter, the root's say, is in any text."""
    found = {str(Path(name).parent) for name in _files(data)} | {str(Path.home()), str(PROJECT), str(home_path())}
    return {folder for folder in found if len(folder) > 1}


def file_name(*parts: str) -> str:
    """A name for a file of what users called something, the same for the same parts and another for others.

    >>> file_name("20261123-190559-3f2a", "tfidf-logreg", "0"), file_name("<script>")[:9]
    ('20261123-190559-3f2a-tfidf-logreg-0', '-script--')
    """
    plain = "-".join(parts)
    safe = re.sub(r"[^a-z0-9.-]", "-", plain)
    if safe == plain and len(safe) <= LONGEST_NAME and not safe.startswith("."):
        return safe
    return f"{safe[:LONGEST_NAME].lstrip('.')}-{hashlib.sha256(plain.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
