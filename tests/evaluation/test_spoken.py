"""In which language somebody is spoken to: the one that they name, else their locale's, else what the caller falls back on."""

from __future__ import annotations

import pytest

from evaluation.audit.words import language as of_audits
from evaluation.exceptions import PreuveError
from evaluation.publishing.language import LOCALES
from evaluation.publishing.language import language as of_pages
from evaluation.spoken import LANGUAGES, VARIABLES, spoken_language


@pytest.fixture
def locale(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No locale, until a test sets one."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "default"),
        ({"LANG": "C.UTF-8"}, "default"),
        ({"LANG": "de_DE.UTF-8"}, "default"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LC_MESSAGES": "fr_FR.UTF-8", "LC_ALL": "en_GB"}, "en"),
        # What is set to nothing is not set; and a language that only begins like ours is another.
        ({"LC_ALL": "", "LANG": "fr"}, "fr"),
        ({"LANG": "frr_DE.UTF-8"}, "default"),
    ],
)
def test_the_first_variable_that_is_set_says_it(variables: dict[str, str], expected: str, locale: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        locale.setenv(name, value)
    assert spoken_language(None, default="default") == expected
    # A name goes before any locale.
    assert [spoken_language(named, default="default") for named in LANGUAGES] == list(LANGUAGES)


def test_an_audit_falls_back_on_english_and_a_page_on_french(locale: pytest.MonkeyPatch) -> None:
    locale.setenv("LANG", "C")
    assert (of_audits(None), of_pages(None).code) == ("en", "fr")


def test_what_is_none_of_ours_is_refused() -> None:
    for choose in (of_audits, of_pages):
        with pytest.raises(PreuveError, match="'de'") as refused:
            choose("de")
        assert refused.value.expected == "en or fr"


def test_every_language_has_a_locale_for_its_pages() -> None:
    assert set(LOCALES) == set(LANGUAGES)
