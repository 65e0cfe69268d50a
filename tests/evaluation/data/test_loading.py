"""The data of a campaign: what is declared is kept, and what may not be used is refused before anything is written."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.data import loading
from evaluation.data.card import file_sha256, read_card
from evaluation.data.files import Columns
from evaluation.data.loading import DataRequest, Declaration, columns_of, load_data, read_texts
from evaluation.data.near_duplicates import NearDuplicates
from evaluation.exceptions import DataError, PreuveError
from evaluation.home import PROJECT
from evaluation.metrics import Part, text_metric
from evaluation.run import DataRecord
from evaluation.samples import Split
from evaluation.task import Task, Unit
from poc.request_classification import TASK
from tests.conftest import LAMP, labelled, write_csv

SERVICES = ("eclairage-public", "collecte-encombrants")
TODAY = dt.date(2026, 6, 15)
PERSONAL = Declaration("etalab-2.0", "yes", "AIPD-2026-7", dt.date(2026, 12, 31))
NOT_PERSONAL = Declaration("etalab-2.0", "no")
NOTHING = Declaration()
UNDECLARED = "personal data undeclared: no verdict on train.csv can be GO; add --personal-data no|yes"
NOT_STORED = "models are not stored: words of the texts could be read out of them (--personal-data no, if there are none)"


def load(source: str | Path, declaration: Declaration = NOTHING, **options: Any) -> tuple[Split, DataRecord]:
    request = DataRequest(str(source), input="text", target=("category",), declaration=declaration, **options)
    return load_data(TASK, request, TODAY)


def refusal(source: str | Path, declaration: Declaration = NOTHING, **options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        load(source, declaration, **options)
    return caught.value


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


@pytest.fixture
def read_only(requests_csv: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the requests, as if it were read-only. Tests may run as root, whom permissions do not stop."""
    write_text = Path.write_text

    def write_elsewhere(path: Path, *arguments: Any, **options: Any) -> int:
        if path.parent == requests_csv.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return write_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", write_elsewhere)
    return requests_csv


# The task's own samples


def test_the_samples_of_a_task_load_with_their_card() -> None:
    split, record = load_data(TASK, DataRequest(), TODAY)
    with (PROJECT / TASK.data).open(encoding="utf-8", newline="") as file:
        sides = [row["split"] for row in csv.DictReader(file)]
    assert (len(split.train), len(split.test)) == (sides.count("train"), sides.count("test"))
    assert (record.train_samples, record.test_samples) == (len(split.train), len(split.test))
    assert (record.source, record.card) == ("data_samples/request_classification/requests.csv", "card.toml")
    assert (record.licence, record.contains_personal_data, record.notices) == ("etalab-2.0", "no", ())
    assert (record.expires, record.overlap, record.relabelled) == (dt.date(2036, 12, 31), 0, 0)
    assert (record.near_duplicates, record.near_duplicate_ids) == (0, ())
    # All but the very short ones.
    assert 0.99 * len(split.test) < record.near_duplicates_looked_at <= len(split.test)
    assert set(split.test.slices) == {"channel", "urgent"}


def test_the_samples_of_a_task_are_never_used_without_their_card(requests_csv: Path) -> None:
    task = replace(TASK, data=str(requests_csv), input="text", target="category", slices=())
    with pytest.raises(DataError) as caught:
        load_data(task, DataRequest(), TODAY)
    assert (caught.value.expected, caught.value.where) == (
        "a card beside the samples",
        str(requests_csv.with_name("train.card.toml")),
    )
    assert names_in(requests_csv.parent) == ["train.csv"]


def test_a_users_file_has_the_tasks_columns_unless_others_are_named_and_may_have_its_slices() -> None:
    slices = ("channel", "urgent")
    assert columns_of(TASK, own=True) == Columns("message", "service", slices, "id", "split")
    assert columns_of(TASK, own=False) == Columns("message", "service", (), "id", "split", slices)
    named = columns_of(TASK, own=False, input_="text", targets=("category",))
    assert named == Columns("text", "category", (), "id", "split", slices)


@pytest.mark.parametrize(("input_", "targets", "slices"), [("channel", (), ("urgent",)), (None, ("urgent",), ("channel",))])
def test_a_text_or_an_answer_is_no_slice_whatever_its_column_is_called(
    input_: str | None, targets: tuple[str, ...], slices: tuple[str, ...]
) -> None:
    assert columns_of(TASK, own=False, input_=input_, targets=targets).optional_slices == slices


def test_a_users_file_is_split_by_the_columns_that_the_task_names(requests_csv: Path) -> None:
    rows = [(text, label, "guichet" if label == "eclairage-public" else "") for text, label in labelled()]
    write_csv(requests_csv, rows, header=("text", "category", "channel"))
    split, record = load(requests_csv, NOT_PERSONAL)
    expected = ["guichet" if label == "eclairage-public" else "" for label in split.test.targets]
    assert split.test.slices == {"channel": expected}
    assert len(record.notices) == 1


def test_a_file_without_these_columns_has_no_slices(requests_csv: Path) -> None:
    assert load(requests_csv)[0].test.slices == {}


# What is declared


def test_a_file_that_nobody_declared_is_used_with_a_notice(requests_csv: Path) -> None:
    _, record = load(requests_csv)
    assert record.notices == ("no test file: 6 of 20 samples, drawn by class, are kept for the test", NOT_STORED, UNDECLARED)
    assert (record.licence, record.contains_personal_data) == ("undeclared", "undeclared")
    assert read_card(requests_csv.with_name("train.card.toml")).contains_personal_data == "undeclared"


def test_what_is_declared_is_written_beside_the_file_and_holds_from_then_on(requests_csv: Path) -> None:
    _, declared = load(requests_csv, PERSONAL)
    assert (declared.licence, declared.contains_personal_data) == ("etalab-2.0", "yes")
    card = read_card(requests_csv.with_name("train.card.toml"))
    assert (card.sha256, card.dpia, card.expires) == (file_sha256(requests_csv), "AIPD-2026-7", dt.date(2026, 12, 31))
    assert load(requests_csv)[1] == declared
    assert declared.expires == dt.date(2026, 12, 31)
    assert UNDECLARED not in declared.notices


def test_what_is_declared_later_is_added_to_what_was_declared_before(requests_csv: Path) -> None:
    load(requests_csv, Declaration(licence="etalab-2.0"))
    load(requests_csv, Declaration(personal_data="no"))
    card = read_card(requests_csv.with_name("train.card.toml"))
    assert (card.licence, card.contains_personal_data) == ("etalab-2.0", "no")


def test_the_record_says_where_the_data_is_and_how_it_was_read(requests_csv: Path, tmp_path: Path) -> None:
    test = write_csv(tmp_path / "test.csv", [("Une autre lampe", "eclairage-public"), ("Un autre bac", "collecte-encombrants")])
    split, record = load(requests_csv, NOT_PERSONAL, test=test)
    assert (len(split.train), len(split.test)) == (20, 2)
    assert record == DataRecord(
        source=str(requests_csv.resolve()),
        test_source=str(test.resolve()),
        sha256=file_sha256(requests_csv),
        test_sha256=file_sha256(test),
        encoding="utf-8",
        input="text",
        target="category",
        id="id",
        card="train.card.toml",
        card_text=requests_csv.with_name("train.card.toml").read_text(),
        licence="etalab-2.0",
        contains_personal_data="no",
        train_samples=20,
        test_samples=2,
        classes=2,
        notices=(),
    )


def test_a_file_may_be_named_from_the_users_home(requests_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(requests_csv.parent))
    assert load("~/train.csv")[1].source == str(requests_csv.resolve())


def test_the_encoding_that_was_asked_for_is_used_and_recorded(requests_csv: Path) -> None:
    requests_csv.write_bytes(requests_csv.read_text(encoding="utf-8").encode("cp1252"))
    split, record = load(requests_csv, encoding="cp1252")
    assert record.encoding == "cp1252"
    assert set(split.train.inputs) | set(split.test.inputs) == {text for text, _ in labelled()}
    assert set(read_texts(record).inputs) >= set(split.test.inputs)


def test_an_overlap_that_is_allowed_is_recorded(requests_csv: Path, tmp_path: Path) -> None:
    test = write_csv(tmp_path / "test.csv", labelled()[:1])
    assert refusal(requests_csv, NOT_PERSONAL, test=test).where == f"{requests_csv} and {test}"
    _, record = load(requests_csv, NOT_PERSONAL, test=test, allow_overlap=True)
    (notice,) = record.notices
    assert notice.startswith("overlap allowed: 1 texts of the test")
    assert (record.overlap, record.near_duplicates) == (1, 0)


def test_near_duplicates_are_recorded_and_the_first_ten_of_them_named(requests_csv: Path, tmp_path: Path) -> None:
    rows = [(f"{text}, merci de passer avant jeudi", label) for text, label in labelled()]
    write_csv(requests_csv, [("ok merci", "eclairage-public"), *rows])
    measured = [(text.replace("jeudi", "mardi"), label) for text, label in rows[:12]]
    others = [("Autre chose : la fontaine de la place ne coule plus", "eclairage-public"), ("ok merci !", "eclairage-public")]
    test = write_csv(tmp_path / "test.csv", [*others, *measured])
    _, record = load(requests_csv, NOT_PERSONAL, test=test)
    assert record.near_duplicate_ids == tuple(f"row-{place} = row-{place + 1}" for place in range(2, 12))
    assert (record.near_duplicates, record.near_duplicates_looked_at) == (12, 13)
    assert (record.overlap, record.notices) == (0, ())


def test_what_was_not_searched_for_near_duplicates_is_noticed(requests_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near = NearDuplicates((("row-1", "row-2"),), 5, 7, 14)
    monkeypatch.setattr(loading, "find_near_duplicates", lambda *_: near)
    _, record = load(requests_csv, NOT_PERSONAL)
    assert record.notices[-1] == "near-duplicates of the test were looked for in 7 of 14 training texts"
    assert (record.near_duplicates, record.near_duplicate_ids, record.near_duplicates_looked_at) == (1, ("row-1 = row-2",), 5)


def test_repeated_texts_under_another_label_are_counted(requests_csv: Path) -> None:
    write_csv(requests_csv, [*labelled(), (LAMP[0], "collecte-encombrants"), (LAMP[0].upper(), "eclairage-public")])
    _, record = load(requests_csv, NOT_PERSONAL)
    assert record.relabelled == 1
    assert record.notices[1].startswith("2 samples repeat the text of another, 1 with another label")
    assert load_data(TASK, DataRequest(), TODAY)[1].relabelled == 0


# What may not be used


@pytest.mark.parametrize(
    ("declaration", "found"),
    [
        (replace(PERSONAL, dpia=None), "no --dpia"),
        (replace(PERSONAL, dpia=""), "no --dpia"),
        (replace(PERSONAL, expires=None), "no --expires"),
        (Declaration(personal_data="yes"), "no --dpia and --expires"),
        (replace(PERSONAL, expires=dt.date(2026, 6, 14)), "expired on 2026-06-14"),
    ],
)
def test_a_declaration_that_is_refused_leaves_nothing_behind(
    requests_csv: Path, home: Path, declaration: Declaration, found: str
) -> None:
    assert refusal(requests_csv, declaration).found == found
    assert names_in(requests_csv.parent) == ["train.csv"]
    assert names_in(home / "cards") == []


def test_a_declaration_that_is_refused_leaves_the_card_as_it_was(requests_csv: Path) -> None:
    load(requests_csv, NOT_PERSONAL)
    assert refusal(requests_csv, Declaration(personal_data="yes")).found == "no --dpia and --expires"
    assert read_card(requests_csv.with_name("train.card.toml")).contains_personal_data == "no"


def test_data_that_cannot_be_read_gets_no_card(requests_csv: Path, home: Path) -> None:
    requests_csv.write_text("text,category\nx,a\n", encoding="utf-8")
    assert refusal(requests_csv, NOT_PERSONAL).found == "only 'a'"
    assert names_in(requests_csv.parent) == ["train.csv"]
    assert names_in(home / "cards") == []


def test_personal_data_expires_after_it_was_declared(requests_csv: Path) -> None:
    load(requests_csv, PERSONAL)
    request = DataRequest(str(requests_csv), input="text", target=("category",))
    load_data(TASK, request, dt.date(2026, 12, 31))
    with pytest.raises(DataError) as caught:
        load_data(TASK, request, dt.date(2027, 1, 1))
    assert caught.value.found == "expired on 2026-12-31"
    load_data(TASK, replace(request, declaration=Declaration(expires=dt.date(2027, 6, 30))), dt.date(2027, 1, 1))


def test_a_file_that_changed_is_refused_until_it_is_declared_again(requests_csv: Path) -> None:
    load(requests_csv, PERSONAL)
    before = file_sha256(requests_csv)
    write_csv(requests_csv, labelled()[2:])
    error = refusal(requests_csv)
    assert error.expected == f"the file that its card describes (SHA-256 {before[:12]})"
    assert (error.found, error.where) == (f"another content (SHA-256 {file_sha256(requests_csv)[:12]})", str(requests_csv))
    assert "--licence" in error.remedy
    # Nothing said of the old content goes for the new one.
    assert refusal(requests_csv, Declaration(personal_data="yes")).found == "no --dpia and --expires"
    load(requests_csv, NOT_PERSONAL)
    card = read_card(requests_csv.with_name("train.card.toml"))
    assert (card.sha256, card.contains_personal_data, card.dpia) == (file_sha256(requests_csv), "no", None)
    assert load(requests_csv)[1].contains_personal_data == "no"


def test_a_file_that_changed_is_not_held_up_by_a_card_that_declares_nothing(requests_csv: Path) -> None:
    load(requests_csv)
    write_csv(requests_csv, labelled()[2:])
    _, record = load(requests_csv)
    assert (record.sha256, record.contains_personal_data) == (file_sha256(requests_csv), "undeclared")
    assert read_card(requests_csv.with_name("train.card.toml")).sha256 == record.sha256


@pytest.mark.parametrize("entry", ['licence = "etalab-2.0"', 'purpose = "routing"', "expires = 2020-01-01"])
def test_a_file_that_changed_is_held_up_by_a_card_that_declares_anything(requests_csv: Path, entry: str) -> None:
    load(requests_csv)
    card = requests_csv.with_name("train.card.toml")
    lines = [line for line in card.read_text(encoding="utf-8").splitlines() if not line.startswith(entry.split(maxsplit=1)[0])]
    card.write_text("\n".join([*lines, entry]), encoding="utf-8")
    write_csv(requests_csv, labelled()[2:])
    assert refusal(requests_csv).found.startswith("another content")


def test_files_of_one_name_and_two_endings_have_a_card_each(requests_csv: Path) -> None:
    other = write_csv(requests_csv.with_suffix(".tsv"), labelled()[2:])
    load(requests_csv, PERSONAL)
    load(other, NOT_PERSONAL)
    assert names_in(requests_csv.parent) == ["train.card.toml", "train.csv", "train.tsv", "train.tsv.card.toml"]
    assert (load(requests_csv)[1].contains_personal_data, load(other)[1].contains_personal_data) == ("yes", "no")


# The card of a test file


@pytest.fixture
def measured_csv(tmp_path: Path) -> Path:
    """A file to measure on, beside the requests."""
    return write_csv(tmp_path / "test.csv", [(f"Une {label} de plus, {n}", label) for n in range(3) for label in SERVICES])


def test_a_test_file_without_a_card_is_covered_by_the_data_files(requests_csv: Path, measured_csv: Path) -> None:
    load(requests_csv, NOT_PERSONAL, test=measured_csv)
    assert load(requests_csv, test=measured_csv)[1].contains_personal_data == "no"
    assert names_in(requests_csv.parent) == ["test.csv", "train.card.toml", "train.csv"]


def test_a_card_of_the_folder_is_not_held_against_the_test_file(requests_csv: Path, measured_csv: Path) -> None:
    load(requests_csv, NOT_PERSONAL)
    requests_csv.with_name("train.card.toml").rename(requests_csv.with_name("card.toml"))
    assert load(requests_csv, test=measured_csv)[1].card == "card.toml"


def test_personal_data_to_measure_on_expires_like_any(requests_csv: Path, measured_csv: Path) -> None:
    load(measured_csv, PERSONAL)
    load(requests_csv, NOT_PERSONAL)
    request = DataRequest(str(requests_csv), test=measured_csv, input="text", target=("category",))
    _, record = load_data(TASK, request, dt.date(2026, 12, 31))
    assert (record.contains_personal_data, record.notices) == ("yes", (NOT_STORED,))
    with pytest.raises(DataError) as caught:
        load_data(TASK, request, dt.date(2027, 1, 1))
    assert (caught.value.found, caught.value.where) == ("expired on 2026-12-31", str(measured_csv))


@pytest.mark.parametrize(
    ("learnt", "measured", "expected"),
    [
        (dt.date(2026, 12, 31), dt.date(2026, 9, 30), dt.date(2026, 9, 30)),
        (dt.date(2026, 9, 30), dt.date(2026, 12, 31), dt.date(2026, 9, 30)),
        (None, dt.date(2026, 12, 31), dt.date(2026, 12, 31)),
        (dt.date(2026, 12, 31), None, dt.date(2026, 12, 31)),
        (None, None, None),
    ],
)
def test_the_earlier_of_two_cards_says_until_when_data_may_be_used(
    requests_csv: Path, measured_csv: Path, learnt: dt.date | None, measured: dt.date | None, expected: dt.date | None
) -> None:
    for path, expires in ((requests_csv, learnt), (measured_csv, measured)):
        load(path, replace(NOT_PERSONAL, expires=expires))
    assert load(requests_csv, test=measured_csv)[1].expires == expected


def test_personal_data_to_measure_on_needs_an_assessment_and_its_refusal_leaves_nothing_behind(
    requests_csv: Path, measured_csv: Path
) -> None:
    load(measured_csv, NOT_PERSONAL)
    card = measured_csv.with_name("test.card.toml")
    card.write_text(card.read_text(encoding="utf-8").replace('data = "no"', 'data = "yes"'), encoding="utf-8")
    error = refusal(requests_csv, test=measured_csv)
    assert (error.found, error.where) == ("no --dpia and --expires", str(measured_csv))
    assert names_in(requests_csv.parent) == ["test.card.toml", "test.csv", "train.csv"]


def test_a_test_file_that_changed_is_refused_until_it_is_declared_again(requests_csv: Path, measured_csv: Path) -> None:
    load(measured_csv, NOT_PERSONAL)
    load(requests_csv, NOT_PERSONAL)
    write_csv(measured_csv, [("Une lampe de moins", "eclairage-public")])
    error = refusal(requests_csv, test=measured_csv)
    assert (error.found, error.where) == (f"another content (SHA-256 {file_sha256(measured_csv)[:12]})", str(measured_csv))
    load(requests_csv, NOT_PERSONAL, test=measured_csv)
    assert read_card(measured_csv.with_name("test.card.toml")).sha256 == file_sha256(measured_csv)
    load(requests_csv, test=measured_csv)


def test_a_test_files_card_that_declares_nothing_changes_nothing(requests_csv: Path, measured_csv: Path) -> None:
    load(measured_csv)
    load(requests_csv, NOT_PERSONAL)
    assert load(requests_csv, test=measured_csv)[1].contains_personal_data == "no"


def test_what_a_test_files_card_leaves_open_is_open(requests_csv: Path, measured_csv: Path) -> None:
    load(measured_csv, Declaration(licence="etalab-2.0"))
    load(requests_csv, NOT_PERSONAL)
    _, record = load(requests_csv, test=measured_csv)
    assert record.contains_personal_data == "undeclared"
    assert UNDECLARED in record.notices


# Folders that cannot be written to


def test_the_card_of_a_read_only_folder_is_kept_in_the_home(read_only: Path, home: Path) -> None:
    _, record = load(read_only, NOT_PERSONAL)
    assert record.card == f"{file_sha256(read_only)}.card.toml"
    assert names_in(home / "cards") == [record.card]
    assert names_in(read_only.parent) == ["train.csv"]
    assert load(read_only)[1] == record


def test_an_old_card_in_a_read_only_folder_does_not_hide_a_new_declaration(
    requests_csv: Path, request: pytest.FixtureRequest
) -> None:
    load(requests_csv, PERSONAL)
    write_csv(requests_csv, labelled()[2:])
    request.getfixturevalue("read_only")
    load(requests_csv, NOT_PERSONAL)
    assert load(requests_csv)[1].contains_personal_data == "no"


# Texts of an earlier campaign


def test_the_texts_of_a_campaign_are_read_from_its_test_file(requests_csv: Path, tmp_path: Path) -> None:
    test = write_csv(tmp_path / "test.csv", [("Une autre lampe", "eclairage-public"), ("Un autre bac", "collecte-encombrants")])
    _, record = load(requests_csv, NOT_PERSONAL, test=test)
    assert read_texts(record).inputs == ["Une autre lampe", "Un autre bac"]


def test_the_texts_of_a_drawn_test_are_found_by_their_ids(requests_csv: Path) -> None:
    split, record = load(requests_csv, NOT_PERSONAL)
    texts = dict(zip(read_texts(record).ids, read_texts(record).inputs, strict=True))
    assert [texts[sample_id] for sample_id in split.test.ids] == split.test.inputs


@pytest.mark.parametrize("changed", ["train.csv", "test.csv"])
def test_texts_are_not_read_from_a_file_that_changed(requests_csv: Path, tmp_path: Path, changed: str) -> None:
    test = write_csv(tmp_path / "test.csv", [("Une autre lampe", "eclairage-public")]) if changed == "test.csv" else None
    _, record = load(requests_csv, NOT_PERSONAL, test=test)
    path = tmp_path / changed
    before = file_sha256(path)
    write_csv(path, [("Encore une lampe", "eclairage-public")])
    with pytest.raises(DataError) as caught:
        read_texts(record)
    assert caught.value.expected == f"the data that the campaign used (SHA-256 {before[:12]})"
    assert (caught.value.found, caught.value.where) == (f"it has changed ({file_sha256(path)[:12]})", str(path))


def test_texts_of_a_file_that_is_gone_are_a_users_error(requests_csv: Path) -> None:
    _, record = load(requests_csv, NOT_PERSONAL)
    requests_csv.unlink()
    with pytest.raises(DataError) as caught:
        read_texts(record)
    assert (caught.value.found, caught.value.where) == ("no such file", str(requests_csv))


# Data sets of a hub, as `datasets` reads them from a folder


@pytest.fixture
def hub(hub: Path) -> Path:
    """That folder with a data set of two sides in it."""
    write_csv(hub / "train.csv", labelled())
    write_csv(hub / "test.csv", [("Une autre lampe", "eclairage-public")])
    return hub


def test_a_hub_data_set_has_its_card_in_the_home(hub: Path, home: Path) -> None:
    _, record = load(f"hf:{hub}", NOT_PERSONAL)
    assert (record.source, record.train_samples, record.test_samples, record.classes) == (f"hf:{hub}", 20, 1, 2)
    assert (record.licence, record.contains_personal_data, record.notices) == ("etalab-2.0", "no", ())
    assert names_in(home / "cards") == [record.card] == [f"{record.sha256}.card.toml"]
    assert names_in(hub) == ["test.csv", "train.csv"]
    assert load(f"hf:{hub}")[1] == record
    assert read_texts(record).inputs == ["Une autre lampe"]


def test_a_hub_that_is_a_folder_is_found_again_from_anywhere(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hub.parent)
    _, record = load("hf:hub", NOT_PERSONAL)
    assert record.source == f"hf:{hub.resolve()}"
    monkeypatch.chdir("/")
    assert read_texts(record).inputs == ["Une autre lampe"]


def test_a_hub_folder_may_have_an_at_sign_in_its_path(hub: Path) -> None:
    place = hub.rename(hub.with_name("hub@city"))
    assert load(f"hf:{place}", NOT_PERSONAL)[1].test_samples == 1


def test_a_hub_data_set_that_changed_is_undeclared(hub: Path) -> None:
    _, before = load(f"hf:{hub}", NOT_PERSONAL)
    write_csv(hub / "test.csv", [("Encore une autre lampe", "eclairage-public")])
    _, after = load(f"hf:{hub}")
    assert after.sha256 != before.sha256
    assert after.notices == (
        NOT_STORED,
        "personal data undeclared: no verdict on hub can be GO; add --personal-data no|yes",
    )


def test_a_hub_data_set_of_personal_data_is_refused_like_a_file(hub: Path, home: Path) -> None:
    error = refusal(f"hf:{hub}", Declaration(personal_data="yes"))
    assert (error.found, error.where) == ("no --dpia and --expires", f"hf:{hub}")
    assert names_in(home / "cards") == []


def test_a_hub_data_set_takes_no_test_file(hub: Path) -> None:
    error = refusal(f"hf:{hub}", test=hub / "test.csv")
    assert (error.found, error.where) == ("--test beside hf:", "--test")


@pytest.mark.usefixtures("hub")
def test_a_hub_data_set_that_cannot_be_had_is_a_users_error() -> None:
    error = refusal("hf:no-such-city/requests")
    assert (error.expected, error.where) == ("a data set that can be loaded", "hf:no-such-city/requests")


# Answers that are texts


def remark(split: Split, conditions: Mapping[str, Any]) -> list[str]:
    words = conditions["words"]
    longer = sum(len(each.split()) > words for each in split.test.targets)
    return [f"{longer} of {len(split.test)} references have more than {words} words"] if longer else []


SUMMARIES = Task(
    "summaries",
    "1",
    "data_samples/none.csv",
    "note",
    ("summary", "second"),
    Unit("one note", 1),
    (text_metric("length", lambda _, answer: Part(len(answer), 100)),),
    slices=("service",),
    marks=("facts",),
    conditions={"words": 3},
    remarks=remark,
)
NOTES = [(f"Note {number}", f"summary {number}", "", f"fact {number}", "voirie") for number in range(10)]


def load_notes(source: str | Path, *target: str, task: Task = SUMMARIES, **options: Any) -> tuple[Split, DataRecord]:
    return load_data(task, DataRequest(str(source), target=target, declaration=NOT_PERSONAL, **options), TODAY)


def notes_refusal(source: str | Path, *target: str, **options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        load_notes(source, *target, **options)
    return caught.value


@pytest.fixture
def notes_csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "notes.csv", NOTES, header=("note", "summary", "second", "facts", "service"))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Ten texts, a line each, and their summaries."""
    texts, answers = tmp_path / "notes.txt", tmp_path / "summaries.txt"
    texts.write_text("".join(f"Note {number}\n" for number in range(10)), encoding="utf-8")
    answers.write_text("".join(f"summary {number}\n" for number in range(10)), encoding="utf-8")
    return texts, answers


def test_the_record_of_texts_names_all_columns_and_has_no_classes(notes_csv: Path) -> None:
    split, record = load_notes(notes_csv)
    assert (record.target, record.further_targets, record.marks) == ("summary", ("second",), ("facts",))
    assert (record.classes, record.target_files, record.relabelled) == (0, {}, 0)
    assert (record.train_samples, record.test_samples) == (7, 3)
    assert set(split.test.slices) == {"service"}
    assert [each.targets for each in split.test] == [(f"summary {each.input[-1]}",) for each in split.test]


def test_a_user_may_name_other_columns_of_answers(notes_csv: Path) -> None:
    _, record = load_notes(notes_csv, "summary")
    assert (record.target, record.further_targets) == ("summary", ())
    _, record = load_notes(notes_csv, "second", "summary", "facts")
    assert (record.target, record.further_targets) == ("second", ("summary", "facts"))


def test_a_file_without_marks_has_none_in_its_record(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "notes.csv", [row[:3] for row in NOTES], header=("note", "summary", "second"))
    assert load_notes(path)[1].marks == ()


def test_of_labels_one_column_alone_can_be_right() -> None:
    with pytest.raises(PreuveError) as caught:
        columns_of(TASK, own=False, targets=("service", "urgent"))
    assert (caught.value.found, caught.value.where) == ("service, urgent", "--target")
    assert columns_of(SUMMARIES, own=False).targets == ["summary", "second"]


def test_answers_and_marks_are_no_slices() -> None:
    task = replace(SUMMARIES, slices=("summary", "second", "service"))
    assert columns_of(task, own=False).optional_slices == ("service",)


def test_what_a_task_remarks_of_its_samples_is_noticed_by_its_conditions(notes_csv: Path) -> None:
    _, quiet = load_notes(notes_csv)
    _, record = load_notes(notes_csv, task=replace(SUMMARIES, conditions={"words": 1}))
    assert record.notices == (*quiet.notices, "3 of 3 references have more than 1 words")
    assert quiet == load_notes(notes_csv, task=replace(SUMMARIES, remarks=None))[1]


def test_a_task_remarks_on_a_test_file_and_on_a_hub_too(notes_csv: Path, hub: Path) -> None:
    task = replace(SUMMARIES, conditions={"words": 1})
    rows = [("Another note", "one two three", "", "", "")]
    test = write_csv(hub / "test.csv", rows, header=("note", "summary", "second", "facts", "service"))
    assert load_notes(notes_csv, task=task, test=test)[1].notices == ("1 of 1 references have more than 1 words",)
    notes_csv.rename(hub / "train.csv")
    _, record = load_notes(f"hf:{hub}", task=task)
    assert record.notices[-1] == "1 of 1 references have more than 1 words"
    assert [each.targets for each in read_texts(record)] == [("one two three",)]


def test_texts_and_answers_may_be_files_with_a_line_each(pair: tuple[Path, Path]) -> None:
    texts, answers = pair
    split, record = load_notes(texts, str(answers))
    assert [each.targets for each in split.test] == [(f"summary {each.input[-1]}",) for each in split.test]
    assert (len(split.train), len(split.test), split.test.marks, split.test.slices) == (7, 3, {}, {})
    assert (record.source, record.target, record.further_targets) == (str(texts), str(answers), ())
    assert (record.sha256, record.target_files) == (file_sha256(texts), {str(answers): file_sha256(answers)})
    assert (record.classes, record.marks, record.contains_personal_data) == (0, (), "no")


def test_files_of_answers_are_found_from_where_the_user_is_and_recorded_in_full(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, answers = pair
    second = answers.with_name("others.txt")
    second.write_text("\n" * 10, encoding="utf-8")
    monkeypatch.chdir(texts.parent)
    monkeypatch.setenv("HOME", str(texts.parent))
    _, record = load_notes("notes.txt", "summaries.txt", "~/others.txt")
    monkeypatch.chdir("/")
    assert (record.target, record.further_targets) == (str(answers), (str(second),))
    assert record.target_files == {str(answers): file_sha256(answers), str(second): file_sha256(second)}
    assert len(read_texts(record)) == 10


def test_a_file_of_texts_needs_the_file_of_its_answers(pair: tuple[Path, Path]) -> None:
    error = notes_refusal(pair[0])
    assert (error.found, error.where) == ("no --target", f"--data {pair[0]}")
    assert names_in(pair[0].parent) == ["notes.txt", "summaries.txt"]


def test_a_file_of_texts_takes_no_test_file(pair: tuple[Path, Path]) -> None:
    texts, answers = pair
    error = notes_refusal(texts, str(answers), test=texts)
    assert (error.found, error.where) == ("--test beside a .txt file", "--test")
    assert names_in(texts.parent) == ["notes.txt", "summaries.txt"]


def test_a_table_takes_no_test_file_with_a_text_a_line(notes_csv: Path, pair: tuple[Path, Path]) -> None:
    error = notes_refusal(notes_csv, "summary", test=pair[0])
    assert (error.found, error.where) == ("--test beside a .txt file", "--test")


def test_the_marks_of_a_record_are_those_of_the_test_which_metrics_read(notes_csv: Path, tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "plain.csv", [("Another note", "a summary")], header=("note", "summary"))
    assert load_notes(plain, "summary", test=notes_csv)[1].marks == ("facts",)
    assert load_notes(notes_csv, "summary", test=plain)[1].marks == ()


def test_a_file_of_answers_that_is_missing_is_a_users_error(pair: tuple[Path, Path]) -> None:
    gone = pair[1].with_name("gone.txt")
    error = notes_refusal(pair[0], str(gone))
    assert (error.found, error.where) == ("no such file", str(gone))


def test_texts_with_a_line_each_are_no_data_of_labels(pair: tuple[Path, Path]) -> None:
    assert refusal(pair[0]).found == ".txt ending"


def test_the_texts_of_a_campaign_are_read_back_with_all_that_metrics_go_by(notes_csv: Path) -> None:
    split, record = load_notes(notes_csv)
    again = {each.id: each for each in read_texts(record)}
    assert [again[each.id] for each in split.test] == list(split.test)


def test_pairs_of_a_campaign_are_read_back(pair: tuple[Path, Path]) -> None:
    split, record = load_notes(pair[0], str(pair[1]))
    again = {each.id: each for each in read_texts(record)}
    assert [again[each.id] for each in split.test] == list(split.test)


@pytest.mark.parametrize("place", [0, 1])
def test_pairs_are_not_read_back_from_a_file_that_changed(pair: tuple[Path, Path], place: int) -> None:
    _, record = load_notes(pair[0], str(pair[1]))
    before = file_sha256(pair[place])
    pair[place].write_text(pair[place].read_text(encoding="utf-8").replace("3", "three"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_texts(record)
    assert caught.value.expected == f"the data that the campaign used (SHA-256 {before[:12]})"
    assert caught.value.where == str(pair[place])
