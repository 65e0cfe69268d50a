"""Test texts that nearly repeat a training text: which must be found, which must not, and that neither order nor size matters."""

from __future__ import annotations

import csv
import random
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.data import near_duplicates
from evaluation.data.near_duplicates import FEWEST_RUNS, NearDuplicates, find_near_duplicates, letters_of
from evaluation.home import PROJECT
from evaluation.samples import Samples
from poc.request_classification import TASK
from tests.conftest import BIN, LAMP

LIGHT = "Le lampadaire devant le 12 rue des Lilas clignote depuis 3 nuits, pouvez-vous envoyer quelqu'un avant l'été ?"
FINE = "J'ai reçu une amende de 35 euros alors que mon ticket était valable jusqu'à 18 h"
SENTENCE = "Je voudrais aussi savoir quand passe la collecte des encombrants."


def samples(texts: Sequence[str], prefix: str = "m") -> Samples:
    return Samples([f"{prefix}{place}" for place in range(len(texts))], texts, ["a"] * len(texts))


def found(learnt: Sequence[str], measured: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return find_near_duplicates(samples(learnt, "a"), samples(measured, "b")).pairs


def is_found(learnt: str, measured: str) -> bool:
    assert found([learnt], [measured]) == found([measured], [learnt])
    return found([*LAMP, learnt, *BIN], [measured]) == ((f"a{len(LAMP)}", "b0"),)


def without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


# What is the same, and what is not


@pytest.mark.parametrize(
    ("learnt", "measured"),
    [
        pytest.param(LIGHT, LIGHT.replace("lampadaire", "lampadère"), id="a misspelling"),
        pytest.param(LIGHT, LIGHT.replace("clignote", "cilgnote"), id="letters that changed places"),
        pytest.param(LIGHT, LIGHT.replace("envoyer", "evnoyer").replace("nuits", "nuit"), id="two slips"),
        pytest.param(FINE, FINE.replace("35", "135").replace("18 h", "7h30"), id="other amounts"),
        pytest.param(FINE, FINE.replace("35 euros", "1 035,50 euros"), id="an amount written otherwise"),
        pytest.param(LIGHT, f"Bonjour, {LIGHT}", id="a greeting"),
        pytest.param(FINE, f"bonjour {FINE}", id="a greeting before a short text"),
        pytest.param(FINE, f"{FINE}. Merci d'avance.", id="thanks"),
        pytest.param(LIGHT, without_accents(LIGHT), id="no accents"),
        pytest.param(LIGHT, unicodedata.normalize("NFD", LIGHT).upper(), id="capitals, and accents as signs of their own"),
        pytest.param(LIGHT, LIGHT.replace("'", "\u2019").replace(", ", " ; ").removesuffix(" ?"), id="other punctuation"),
        pytest.param(LIGHT, LIGHT.replace("rue des Lilas", "rue du Lilas"), id="another small word"),
    ],
)
def test_what_says_the_same_but_for_a_few_letters_is_found(learnt: str, measured: str) -> None:
    assert is_found(learnt, measured)


@pytest.mark.parametrize(
    ("learnt", "measured"),
    [
        pytest.param(LIGHT, f"{LIGHT} {SENTENCE}", id="a whole sentence more"),
        pytest.param(LIGHT, LIGHT.replace("lampadaire", "chien du voisin").replace("clignote", "aboie"), id="another matter"),
        pytest.param(LIGHT, LIGHT[:40] + SENTENCE, id="another end"),
        pytest.param(
            "Je voudrais un rendez-vous à la mairie pour une carte d'identité",
            "Je voudrais un rendez-vous à la mairie pour inscrire ma fille à la cantine",
            id="another errand",
        ),
    ],
)
def test_what_says_something_else_is_not_found(learnt: str, measured: str) -> None:
    assert not is_found(learnt, measured)


@pytest.mark.parametrize(
    "text", ["ok merci", "Bonjour, merci beaucoup", "Quand passe le camion du tri", "12 04 2026 / 18 h 30 / 06 12 34"]
)
def test_short_texts_are_not_looked_at(text: str) -> None:
    near = find_near_duplicates(samples([text, LIGHT], "a"), samples([f"{text} !", f"{text}s", text.upper()], "b"))
    assert near == NearDuplicates((), 0, 1, 1)


def test_one_wrong_letter_is_found_in_the_shortest_text_that_is_looked_at() -> None:
    assert FEWEST_RUNS == 39 - 3
    learnt = "".join(map(chr, range(0x4E00, 0x4E00 + 39)))
    assert is_found(learnt, f"{learnt[:20]}é{learnt[21:]}")
    assert not is_found(learnt[1:], f"{learnt[1:20]}é{learnt[21:]}")


@pytest.mark.parametrize("text", ["a" * 500, "ha " * 500, "Quand passe le camion du tri " * 50])
def test_a_text_of_few_different_letters_is_short_however_long_it_is(text: str) -> None:
    near = find_near_duplicates(samples([text]), samples([f"{text}!"]))
    assert (near.pairs, near.looked_at) == ((), 0)


# Of the sample requests, which have no template


@pytest.fixture(scope="module")
def requests() -> list[str]:
    with (PROJECT / TASK.data).open(encoding="utf-8", newline="") as file:
        return [row["message"] for row in csv.DictReader(file)]


def with_a_slip(text: str) -> str:
    """In its middle stands another letter."""
    middle = len(text) // 2
    return text[:middle] + ("w" if text[middle] in "qQ" else "q") + text[middle + 1 :]


def test_the_sample_requests_are_no_near_duplicates_of_each_other(requests: list[str]) -> None:
    assert found(requests[::2], requests[1::2]) == ()
    assert found(requests[:900], requests[900:]) == ()


def test_a_slip_hides_none_of_the_sample_requests(requests: list[str]) -> None:
    changed = [without_accents(with_a_slip(text)).replace("1", "24") for text in requests]
    near = find_near_duplicates(samples(requests), samples(changed))
    assert all(learnt == measured for learnt, measured in near.pairs)
    # It changes four runs, or five where it stands for a digit: (s - 5) / (s + 5) of s runs are in both, from 45 on enough.
    long_enough = {f"m{place}" for place, text in enumerate(requests) if len(runs_of(text)) >= 45}
    assert {measured for _, measured in near.pairs} >= long_enough
    assert len(long_enough) > 0.98 * len(requests)


# The order, and the definition


def runs_of(text: str) -> set[str]:
    letters = letters_of(text)
    return {letters[start : start + 4] for start in range(len(letters) - 3)}


def resemblance(one: str, other: str) -> float:
    return len(runs_of(one) & runs_of(other)) / len(runs_of(one) | runs_of(other))


@st.composite
def variants(draw: st.DrawFn) -> str:
    """One of three texts, with pieces cut out or put in."""
    text = draw(st.sampled_from([LIGHT, FINE, f"{LAMP[2]}, {BIN[4]}"]))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from(["", "é", "x", "12", "zut ", "encore une fois "]))
        text = text[:start] + piece + text[start + draw(st.integers(0, 8)) :]
    return text


@settings(deadline=None, max_examples=60)
@given(learnt=st.lists(variants(), max_size=12, unique=True), measured=st.lists(variants(), max_size=6), seed=st.integers(0, 99))
@example(learnt=[], measured=[LIGHT], seed=0)
@example(learnt=[LIGHT], measured=[], seed=0)
# A fifth of the runs are others: just alike enough.
@example(learnt=["".join(map(chr, range(0x4E00, 0x4E00 + 43)))], measured=["".join(map(chr, range(0x4E00, 0x4E00 + 53)))], seed=0)
def test_what_is_found_are_all_that_are_alike_whatever_the_order(learnt: list[str], measured: list[str], seed: int) -> None:
    train, test = samples(learnt, "a"), samples(measured, "b")
    near = find_near_duplicates(train, test)
    shuffled = random.Random(seed).sample(range(len(learnt)), len(learnt))
    assert find_near_duplicates(train.subset(shuffled), test) == near
    known = {" ".join(text.casefold().split()) for text in learnt}
    looked_at = [
        place
        for place, text in enumerate(measured)
        if len(runs_of(text)) >= FEWEST_RUNS and " ".join(text.casefold().split()) not in known
    ]
    assert near.looked_at == len(looked_at)
    closest = {place: max((resemblance(text, measured[place]) for text in learnt), default=0) for place in looked_at}
    assert [test_id for _, test_id in near.pairs] == [f"b{place}" for place in looked_at if closest[place] >= 0.8]
    for train_id, test_id in near.pairs:
        place = int(test_id[1:])
        assert resemblance(learnt[int(train_id[1:])], measured[place]) == closest[place]


def test_a_text_that_is_learnt_as_it_is_is_not_counted_again() -> None:
    near = find_near_duplicates(samples([LIGHT, f"{LIGHT} Merci."]), samples([f" {LIGHT.upper()}\n", FINE]))
    assert near == NearDuplicates((), 1, 2, 2)


def test_the_closest_is_named_and_of_the_same_texts_the_first_id() -> None:
    learnt = Samples(["c", "b", "a"], [f"{LIGHT} Merci d'avance", LIGHT.upper(), LIGHT], ["x"] * 3)
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        assert find_near_duplicates(learnt.subset(order), samples([f"{LIGHT} Mer"])).pairs == (("a", "m0"),)


# Many texts and long ones


def test_near_duplicates_among_many_texts_of_one_pattern_are_found() -> None:
    chance = random.Random(0)
    names = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=60)) for _ in range(300)]
    learnt = [f"Je vous prie d'enregistrer la demande de {name} qui habite notre ville" for name in names]
    measured = [text.replace("habite", "vit dans") for text in learnt[:50]]
    assert found(learnt, measured) == tuple((f"a{place}", f"b{place}") for place in range(50))


def test_of_too_many_texts_a_part_is_looked_at_that_does_not_depend_on_their_order(requests: list[str]) -> None:
    train, test = samples(requests, "a"), samples([with_a_slip(text) for text in requests], "b")
    near = find_near_duplicates(train, test, most_learnt=60_000, most_measured=20_000)
    assert 40 < near.looked_at < 200
    assert 150 < near.searched < 600 < near.searchable
    assert 0 < len(near.pairs) <= near.looked_at
    backwards = list(reversed(range(len(requests))))
    assert find_near_duplicates(train.subset(backwards), test, most_learnt=60_000, most_measured=20_000) == near
    there = find_near_duplicates(train, test.subset(backwards), most_learnt=60_000, most_measured=20_000)
    assert (sorted(there.pairs), *there[1:]) == (sorted(near.pairs), *near[1:])


def test_a_part_that_is_drawn_shows_as_many_as_there_are(requests: list[str]) -> None:
    test = samples([with_a_slip(text) if place % 4 == 0 else f"{place} {text[::-1]}" for place, text in enumerate(requests)])
    near = find_near_duplicates(samples(requests), test, most_measured=100_000)
    assert len(near.pairs) / near.looked_at == pytest.approx(0.25, abs=0.06)


def test_where_all_texts_are_alike_fewer_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt, measured = ([f"{LIGHT} {word}{number * 'z'}" for number in range(40)] for word in ("la", "le"))
    assert find_near_duplicates(samples(learnt), samples(measured)).looked_at == 40
    monkeypatch.setattr(near_duplicates, "MOST_ENCOUNTERS", 10_000)
    near = find_near_duplicates(samples(learnt), samples(measured))
    assert 0 < near.looked_at < 40
    assert len(near.pairs) == near.looked_at


def test_pairs_are_the_same_however_few_texts_are_compared_at_a_time(requests: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    changed = [with_a_slip(text) for text in requests[:90]]
    whole = found(requests, changed)
    monkeypatch.setattr(near_duplicates, "MOST_PAIRS", 1)
    assert found(requests, changed) == whole != ()


def test_long_texts_are_read_in_part(requests: list[str]) -> None:
    page = " ".join(requests[:60])
    assert len(page.split()) > 900
    assert len(letters_of(page)) == len(letters_of(page * 100)) <= near_duplicates.LONGEST_READ
    million = (page * 200)[:1_000_000]
    near = find_near_duplicates(
        samples([million, *LAMP]), samples([f"Bonjour. {page}", with_a_slip(million), " ".join(requests[60:120])])
    )
    assert near.pairs == (("m0", "m0"), ("m0", "m1"))


def test_whatever_can_be_in_a_text_is_compared() -> None:
    odd = ["\ud83d" * 60, "🙂" * 60, "\u0301" * 60, " " * 60, "", "ﷺ" * 4000, "".join(map(chr, range(0x1F00, 0x1FFF)))]
    find_near_duplicates(samples(odd), samples([f"{text}x" for text in odd]))
