"""What of a record may leave the machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.home import PROJECT
from evaluation.publishing.disclosure import WITHHELD, data_name, file_name, publishable
from tests.records import make_campaign, make_data

OWN = make_campaign(data=make_data("/home/jean dupont/plaintes.csv", test_source="/srv/mairie/test.csv"))
UNDECLARED = make_campaign(data=make_data("/home/jean dupont/plaintes.csv", contains_personal_data="undeclared"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("ValueError in fit.py, line 3", "ValueError in fit.py, line 3"),
        ("/home/jean dupont/plaintes.csv is gone", "plaintes.csv is gone"),
        ("in the folder /home/jean dupont", "in the folder "),
        ("/home/jean duponts/x", "jean duponts/x"),
        ("no model in the folder /opt/models/tiny (config.json)", "no model in the folder tiny (config.json)"),
        ("where:/srv/elsewhere/x.csv", "where:x.csv"),
        ("'~/models/tiny' and ~jean/models/tiny", "'tiny' and tiny"),
        (r"C:\Users\jean\x.csv", "C:x.csv"),
        ("sqlite:////home/jean/mlflow.db", "mlflow.db"),
        ("file:///home/jean/mlflow.db", "mlflow.db"),
        (f"{PROJECT}/poc/x.py", "poc/x.py"),
        # What is no path.
        ("almanach/camembertav2-base is not here", "almanach/camembertav2-base is not here"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("46.1 g/kWh, </b> and 3 / 4 of it", "46.1 g/kWh, </b> and 3 / 4 of it"),
    ],
)
def test_a_text_of_a_record_loses_the_folders_of_its_machine(text: str | None, expected: str | None) -> None:
    assert publishable(text, OWN) == expected


def test_a_file_that_may_hold_personal_data_is_not_named() -> None:
    assert data_name(OWN.data) == "plaintes.csv"
    for declared in ("yes", "undeclared"):
        campaign = make_campaign(data=make_data("/home/jean/plaintes.csv", contains_personal_data=declared))
        assert data_name(campaign.data) == WITHHELD
    assert publishable("/home/jean dupont/plaintes.csv, line 3", UNDECLARED) == "[withheld], line 3"
    assert publishable("plaintes.csv.card.toml", UNDECLARED) == "[withheld]"


def test_the_name_of_a_hubs_data_set_is_whole() -> None:
    assert data_name(make_data("hf:PolyAI/banking77@1a2b")) == "hf:PolyAI/banking77@1a2b"


def test_a_plain_name_stays_and_others_are_told_apart() -> None:
    assert file_name("20261123-190559-3f2a", "tfidf-logreg", "0") == "20261123-190559-3f2a-tfidf-logreg-0"
    others = ["A", "a/b", "a b", "a\\b", "..", ".a", "x" * 300, "x" * 301, "é", "🌱", "<script>"]
    assert len({file_name(other).lower() for other in others}) == len(others)


@given(st.text(st.characters(codec=None)))
def test_every_name_makes_a_file_that_any_system_takes(text: str) -> None:
    name = file_name(text, "0")
    assert len(name) < 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    assert not name.startswith(".")
