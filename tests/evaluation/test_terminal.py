"""What is printed in tables and lines: as users wrote it, and never obeyed."""

from __future__ import annotations

import pytest

from evaluation.doctor import Finding
from evaluation.letters import visible
from evaluation.mistakes import Mistake
from evaluation.terminal import advice_lines, finding_table, folded, harmless, mistake_table, weak_answer_table
from evaluation.weak_answers import WeakAnswer
from tests.results import HARMLESS, HOSTILE, no_controls, printed


def row(table: str, subject: str) -> list[str]:
    """The words of a subject's first line."""
    (line,) = (line for line in table.splitlines() if line.split()[:1] == [subject])
    return line.split()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("[red]a[/red]", "[red]a[/red]"),
        (":smile:", ":smile:"),
        ("\x1b[31ma", " [31ma"),
        ("a\tb\nc\rd", "a b c d"),
        ("\x00\x07\x7f\x9b", "    "),
        # What ends a line elsewhere, half a pair of UTF-16, and what turns the order of the letters that follow.
        ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
        ("a\ud800b", "a b"),
        ("GO\u202eON\u202c\u2066\u2069\u200e\u200f\u061cx", "GO ON      x"),
        # Letters are letters in any script, and what joins them is part of them.
        ("Émile · œuvre – 東京 עברית 👩\u200d💻 می\u200cخواهم", "Émile · œuvre – 東京 עברית 👩\u200d💻 می\u200cخواهم"),
        (HOSTILE, HARMLESS),
    ],
)
def test_text_is_shown_as_it_is_but_for_what_a_terminal_would_obey(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert harmless(text).plain == shown
    assert printed(harmless(text), width=200) == f"{shown.rstrip()}\n"


def test_line_ends_are_kept_where_they_are_meant() -> None:
    assert visible("a\nb\x1bc", keep="\n") == "a\nb c"
    assert harmless("a\nb", "c").plain == "a b\nc"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("1.23\n1.19–1.27", "1.23\n1.19–1.27"),
        ("0.0000012\n0.00000119–0.00000127", "0.0000012\n0.00000119–\n0.00000127"),
        ("1.20\n−0.0001234 to 2.50", "1.20\n−0.0001234 to\n2.50"),
    ],
)
def test_an_interval_too_long_for_its_column_goes_on_after_its_dash(cell: str, shown: str) -> None:
    assert folded(cell) == shown


def test_mistakes_are_shown_with_labels_and_texts_as_they_are() -> None:
    mistake = Mistake(f"1{HOSTILE}", f"2{HOSTILE}", f"3{HOSTILE}", 0.98765, f"4{HOSTILE}")
    table = printed(mistake_table([mistake], HOSTILE), width=400)
    assert no_controls(table)
    assert table.splitlines()[0] == HARMLESS
    for mark in "1234":
        assert f"{mark}{HARMLESS}" in table
    assert "0.988" in table


def test_a_mistake_without_a_score_has_a_dash_for_it() -> None:
    table = printed(mistake_table([Mistake("s1", "a", "b", None, "a text")], "title"), width=200)
    assert "–" in table


def test_a_long_text_is_folded_and_not_cut() -> None:
    text = "a" * 150
    table = printed(mistake_table([Mistake("s1", "b", "c", 0.5, text)], "title"), width=80)
    assert table.count("a") == len(text) + "Sample".count("a")


def test_weak_answers_are_shown_with_their_texts_as_they_are() -> None:
    weak = WeakAnswer(f"1{HOSTILE}", 0.98765, (f"2{HOSTILE}", f"3{HOSTILE}"), f"4{HOSTILE}", f"5{HOSTILE}")
    table = printed(weak_answer_table([weak], f"6{HOSTILE}", HOSTILE), width=500)
    assert no_controls(table)
    assert table.splitlines()[0] == HARMLESS
    for mark in "123456":
        assert f"{mark}{HARMLESS}" in table
    assert "0.988" in table


def test_a_weak_answer_without_a_score_has_a_dash_for_it_and_none_of_it_is_cut() -> None:
    table = printed(weak_answer_table([WeakAnswer("s1", None, ("x" * 150,), "y" * 150, "z" * 150)], "kept", "title"), width=80)
    assert "–" in table
    assert [table.count(letter) for letter in "xyz"] == [150 + "Expected".count("x"), 150, 150]


def test_findings_are_shown_as_they_are() -> None:
    findings = [Finding("disk", f"1{HOSTILE}", f"2{HOSTILE}"), Finding("CPU", "fast")]
    table = printed(finding_table(findings, "This machine"), width=200)
    assert no_controls(table)
    assert table.startswith("This machine\n")
    assert f"1{HARMLESS}" in table
    assert "fast" in table
    (advice,) = advice_lines(findings)
    assert advice.plain == f"→ disk: 2{HARMLESS}"


def test_findings_have_a_column_of_classes_where_there_are_some() -> None:
    findings = [Finding("CPU energy", "modelled", evidence="C"), Finding("GPU energy", "none")]
    table = printed(finding_table(findings, "t", classes=True), width=200)
    assert row(table, "CPU")[:4] == ["CPU", "energy", "C", "modelled"]
    assert row(table, "GPU")[:4] == ["GPU", "energy", "–", "none"]
    assert "class" not in printed(finding_table([Finding("CPU energy", "modelled", evidence="C")], "t"), width=200)
