"""Data sets of a hub, through `datasets`: the only thing in this program that may use the network, and only when named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation.data.files import Columns, Row, check_columns, first_line
from evaluation.data.splits import checked_split, drawn_split, to_samples
from evaluation.exceptions import DataError
from evaluation.samples import Split


def full_name(name: str) -> str:
    """The name under which a data set is found again from anywhere: a local folder's whole path, any other name as it is."""
    folder = Path(name).expanduser()
    return str(folder.resolve()) if folder.is_dir() else name


def hub_split(name: str, columns: Columns, *, allow_overlap: bool = False) -> Split:
    """Samples of a hub data set, `NAME` or `NAME@REVISION`, or of a local folder that `datasets` can read.

    Raises:
        DataError: it cannot be had, has no training split, or its rows are malformed.
    """
    from datasets import load_dataset

    # A folder has no revision, and somewhere in its path there may be an @.
    wanted, _, revision = (name, "", "") if Path(name).is_dir() else name.partition("@")
    try:
        # `datasets` runs no code of a data set's authors any more; `revision` pins what is fetched.
        loaded = load_dataset(wanted, revision=revision or None)
    except Exception as error:  # datasets raises errors of a dozen unrelated families here
        raise DataError(
            expected="a data set that can be loaded",
            found=f"{type(error).__name__}: {first_line(error)}",
            where=f"hf:{name}",
            remedy="check the name and the network, or download it and give the file",
        ) from error
    sides = {side: loaded[side] for side in ("train", "test") if side in loaded}
    if "train" not in sides:
        raise DataError(
            expected="a split called train",
            found=", ".join(map(str, loaded)),
            where=f"hf:{name}",
            remedy="download the data set and give its files with --data and --test",
        )
    samples = {}
    for side, table in sides.items():
        where = f"hf:{name}, {side}"
        check_columns(table.column_names, columns, where)
        samples[side] = to_samples([Row(number, cells) for number, cells in enumerate(_named(table), start=1)], columns, where)
    split = (
        Split(samples["train"], samples["test"])
        if "test" in samples
        else drawn_split(samples["train"], columns, where=f"hf:{name}")
    )
    return checked_split(split, columns, train=f"hf:{name}, train", test=f"hf:{name}, test", allow_overlap=allow_overlap)


def _named(table: Any) -> Iterator[dict[str, Any]]:
    """Rows of a `datasets` table, with the names of its classes instead of their numbers."""
    names = {column: feature.names for column, feature in table.features.items() if hasattr(feature, "names")}
    for row in table:
        # A class that is not told is None or -1; as a position, -1 would be the last class.
        yield {
            column: value if column not in names else names[column][value] if value is not None and value >= 0 else None
            for column, value in row.items()
        }


def content_sha256(split: Split) -> str:
    """SHA-256 of the samples themselves, for those that did not come as one file."""
    sides = [
        [list(side.ids), list(side.inputs), list(side.targets), *map(list, side.further_targets), *map(list, side.marks.values())]
        for side in (split.train, split.test)
    ]
    return hashlib.sha256(json.dumps(sides, ensure_ascii=False).encode()).hexdigest()
