"""Sentences keep their figures apart, so that each language writes both in its own way."""

from __future__ import annotations

import pytest

from evaluation.messages import Figure, in_english, joined, say, say_number


@pytest.mark.parametrize(
    ("figure", "written"),
    [
        (0, "0"),
        (7, "7"),
        (12345, "12 345"),
        (-1400, "-1 400"),
        (0.0456789, "0.0457"),
        (1234.5, "1 234"),
        (0.0, "0"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("rue des {Écoles}", "rue des {Écoles}"),
        (say("of {what}", what=3), "of 3"),
    ],
)
def test_figures_in_english(figure: Figure, written: str) -> None:
    assert in_english(figure) == written


def test_a_message_is_its_template_with_its_figures() -> None:
    assert str(say("{samples} more of {group}", samples=1400, group="graffitis")) == "1 400 more of graffitis"


def test_a_name_of_the_users_own_may_hold_braces() -> None:
    assert str(say("of {group}", group="{samples}")) == "of {samples}"


def test_a_message_within_a_message_is_translated_too_and_names_are_not() -> None:
    french = {"{one}, and {other}": "{one}, et {other}", "a campaign of {group}": "une campagne de {group}"}
    message = say("{one}, and {other}", one=say("a campaign of {group}", group="a campaign of {group}"), other="more")
    assert message.written(lambda each: french[each.template]) == "une campagne de a campaign of {group}, et more"


def test_each_language_writes_figures_in_its_own_way() -> None:
    message = say("{energy} Wh, {inner}", energy=0.5, inner=say("{energy} kWh", energy=1.5))
    assert message.written(figure=lambda value: str(value).replace(".", ",")) == "0,5 Wh, 1,5 kWh"


def test_messages_with_the_same_words_and_figures_are_the_same() -> None:
    assert say("{n} rounds", n=5) == say("{n} rounds", n=5)
    assert say("{n} rounds", n=5) != say("{n} rounds", n=6)


def test_a_figure_that_a_template_asks_for_and_that_is_missing_is_a_defect() -> None:
    with pytest.raises(KeyError):
        str(say("{samples} more"))


@pytest.mark.parametrize(("number", "written"), [(0, "0 rounds"), (1, "1 round"), (2, "2 rounds"), (1200, "1 200 rounds")])
def test_a_number_chooses_between_singular_and_plural(number: int, written: str) -> None:
    assert str(say_number("{number} round", "{number} rounds", number)) == written


def test_reasons_are_joined_and_none_is_none() -> None:
    assert joined() is None
    assert joined(None, say("a")) == say("a")
    assert str(joined(say("a"), None, say("b"), say("c"))) == "a; b; c"
