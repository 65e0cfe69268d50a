"""How a page writes words and names: what begins a sentence has a capital, and nobody's name is changed."""

from __future__ import annotations

import pytest

from evaluation.messages import Message, Recorded, full_sentence, recorded, say
from evaluation.publishing import pages, tables
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page

FRENCH, ENGLISH = Page(Language("fr")), Page(Language("en"))


@pytest.mark.parametrize(
    ("message", "french", "english"),
    [
        # What the program recorded, translated or not, is a sentence.
        (recorded("NVML counter"), '<bdi lang="fr">Compteur NVML</bdi>.', '<bdi lang="en">NVML counter</bdi>.'),
        (recorded("no network"), '<bdi lang="en">No network</bdi>.', '<bdi lang="en">No network</bdi>.'),
        (full_sentence(recorded("no network")), '<bdi lang="en">No network</bdi>.', '<bdi lang="en">No network</bdi>.'),
        (say("interrupted"), "Interrompu.", "Interrupted."),
        # A name is nobody's to change.
        (say("{one}, {other}", one="tfidf", other="keywords"), "<bdi>tfidf</bdi>, <bdi>keywords</bdi>.", None),
        # Nor is a mark of somebody's own taken for ours.
        (say("{one}", one='<bdi lang="en">x'), "<bdi>&lt;bdi lang=&#34;en&#34;&gt;x</bdi>.", None),
        # Within a sentence nothing has a capital.
        (
            say("{candidate}: {reason}", candidate="hub", reason=Recorded("no network")),
            '<bdi>hub</bdi>\u00a0: <bdi lang="en">no network</bdi>.',
            '<bdi>hub</bdi>: <bdi lang="en">no network</bdi>.',
        ),
    ],
)
def test_words_begin_a_sentence_with_a_capital_and_names_do_not(message: Message, french: str, english: str | None) -> None:
    assert (FRENCH.sentence(message), ENGLISH.sentence(message)) == (french, english or french)


def test_a_page_has_no_carriage_return_and_a_table_keeps_it() -> None:
    said = "a\rb\tc\nd\x00\ud83d"
    assert (pages.NO_TEXT.sub("?", said), tables.NO_TEXT.sub("?", said)) == ("a?b\tc\nd??", "a\rb\tc\nd??")
