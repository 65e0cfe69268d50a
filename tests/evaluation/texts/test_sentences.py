"""Sentences of French administrative texts: where they end, and where a full stop ends nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.texts.numbers import plain
from evaluation.texts.sentences import cut_words, ends_like_a_sentence, join_sentences, split_sentences

# Pieces that one sentence may hold, and marks that part nothing by themselves.
PIECES = (
    "M. Martin", "Mme Anne Durand", "J.-P. Lestrade", "le 3 juin 2026", "à 18 h 30", "à 9 h.", "1 250,50 €", "art. L. 2121-29",
    "cf. p. 12", "etc.", "n° 12", "c.-à-d.", "vingt-quatre mille", "la rue ferme.", "Le maire signe !", "Pourquoi ?", "VILLE DE",
    "Montaubray", "www.ville.fr.", "« Non. »", "«", '"', "…", "- ", "1. ", "a) ", "Article 1.", "|", "A.", ",", ";", ":",
)  # fmt: skip
SPACES = (" ", " ", " ", "\n", "\n\n", "\r\n", "\t", "    ", "\f", "\u00a0")
TEXTS = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(SPACES)), max_size=25).map(
    lambda pieces: "".join(piece + space for piece, space in pieces)
)
CONTROL = ("\x00", "\x07", "\x1b", "\x7f", "\u200b", "\ufeff")


def test_full_stops_question_marks_and_exclamation_marks_end_sentences() -> None:
    assert split_sentences("La rue ferme. Pourquoi ? Adopté ! Le maire signe.") == [
        "La rue ferme.",
        "Pourquoi ?",
        "Adopté !",
        "Le maire signe.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "M. Martin préside.",
        "Mme Durand, MM. Martin et Petit, Mlle Rey et Mgr. Blanc sont là.",
        "Le Dr. Martin et Me. Durand plaident.",
        "Vu l’art. 12 du règlement, la Ville paie.",
        "Vu l’article L. 2121-29 du code, la Ville paie.",
        "Vu l’art. L. 2121-29 et l’art. R. 417-10, la Ville paie.",
        "Le n° 12 et le no. 14 de l’av. Foch ferment.",
        "Le plan (cf. Annexe 2) est joint.",
        "Il y avait env. 300 personnes.",
        "Voir p. 12 et pp. 14-15.",
        "L’annexe, c.-à-d. Le plan, est jointe.",
        "Des bancs, des arbres, etc. sont posés.",
        "Le coût est de 1 250,50 € et non de 1.250,50 €.",
        "J.-P. Lestrade remplace A. B. Martin.",
        "La réunion du lundi 3 janv. 2027 est reportée.",
        "Le tél. 01.42.33.44.55 répond.",
        "La séance ouvre à 9 h. 30 au plus tard.",
        "Le site www.montaubray.fr/rue.html répond.",
        "Écrire à j.martin@montaubray.fr avant midi.",
        "Le taux est de 3.5 points.",
        "Le maire a dit : « La rue ferme. Elle rouvrira. » avant de partir.",
    ],
)
def test_a_full_stop_inside_a_sentence_ends_nothing(sentence: str) -> None:
    assert split_sentences(sentence) == [sentence]
    assert split_sentences(f"La séance est ouverte. {sentence} La séance est levée.") == [
        "La séance est ouverte.",
        sentence,
        "La séance est levée.",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Des bancs, des arbres, etc.", "Le maire signe."),
        ("La séance ouvre à 9 h.", "Suite à cela, le maire parle."),
        ("La séance ouvre à 9h.", "Le maire parle."),
        ("La rue compte 3,5 km.", "12 agents viennent."),
        ("Le coût est de 1 250,50 €.", "La Ville paie."),
        ("Le tout en 2026.", "La Ville paie."),
        ("Vu l’article R. 417-10.", "La Ville paie."),
        ("Inscriptions sur www.montaubray.fr.", "Elles sont gratuites."),
        ("Écrire à mairie@montaubray.fr.", "Merci."),
        ("Voir https://www.montaubray.fr/rue.html.", "Merci."),
        ("Il a dit : « La rue ferme. »", "Puis il est parti."),
        ("Le maire (M. Martin) signe.", "Fin."),
    ],
)
def test_a_sentence_ends_behind_what_looks_like_an_abbreviation_or_a_number(first: str, second: str) -> None:
    assert split_sentences(f"{first} {second}") == [first, second]


@pytest.mark.parametrize("end", ["Il y a des bancs, etc.", "Voir p. 12", "La séance ouvre à 9 h.", "Le coût est H.T.", "Vu le n°"])
def test_a_text_may_end_on_an_abbreviation(end: str) -> None:
    assert split_sentences(f"La rue ferme. {end}") == ["La rue ferme.", end]


@pytest.mark.parametrize(
    "lines",
    [
        ["- un banc", "- deux arbres ; très hauts", "– trois fleurs", "• un puits"],
        ["1. Le budget", "2. La voirie", "3) Le reste"],
        ["a) le budget", "b) la voirie"],
        ["I. LE BUDGET", "II. LA VOIRIE", "IV - LE RESTE"],
        ["Le conseil décide :", "- de fermer la rue ;", "- de poser un banc."],
        ["Poste | Montant", "Voirie | 1 250,50 €", "écoles | 300 €"],
        ["RAPPORT ANNUEL", "Le maire expose."],
        ["Article 1. La rue ferme.", "Article 2. La rue rouvre."],
        ["Vu le code ;", "vu le budget ;", "considérant les travaux ;"],
    ],
)
def test_items_rows_and_headings_stand_by_themselves(lines: list[str]) -> None:
    assert split_sentences("\n".join(lines)) == lines


def test_rows_of_a_table_stand_by_themselves_however_their_columns_are_parted() -> None:
    assert split_sentences("Poste\tMontant\nvoirie\t12\nécoles     14") == ["Poste Montant", "voirie 12", "écoles 14"]


def test_an_item_of_two_sentences_keeps_its_sign_with_the_first() -> None:
    assert split_sentences("1. La rue ferme. Elle rouvre.\n- Un banc est posé. Il est neuf.") == [
        "1. La rue ferme.",
        "Elle rouvre.",
        "- Un banc est posé.",
        "Il est neuf.",
    ]


@pytest.mark.parametrize(
    ("wrapped", "sentences"),
    [
        ("La rue du Lavoir\nest fermée. La\nsuite est connue.", ["La rue du Lavoir est fermée.", "La suite est connue."]),
        ("Vu le code,\nLe maire arrête.", ["Vu le code, Le maire arrête."]),
        ("Le conseil de M.\nMartin vote.", ["Le conseil de M. Martin vote."]),
        ("Vu l’art.\n12 du code.", ["Vu l’art. 12 du code."]),
        ("   La rue\n   ferme.", ["La rue ferme."]),
        # An empty line parts what would have gone on.
        ("Le maire\n\nde la ville", ["Le maire", "de la ville"]),
        ("La rue ferme.\nelle rouvre.", ["La rue ferme.", "elle rouvre."]),
    ],
)
def test_wrapped_lines_are_put_together(wrapped: str, sentences: list[str]) -> None:
    assert split_sentences(wrapped) == sentences


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_are_line_ends(line_end: str) -> None:
    text = "RAPPORT\nLa rue\nferme.\n\nElle rouvre.\n- un banc"
    assert split_sentences(text.replace("\n", line_end)) == ["RAPPORT", "La rue ferme.", "Elle rouvre.", "- un banc"]


@pytest.mark.parametrize("end", ["\f", "\v", "\u2028", "\u2029", "\x85"])
def test_a_new_page_is_a_new_line(end: str) -> None:
    assert split_sentences(f"RAPPORT{end}La rue ferme.{end}Page 2") == ["RAPPORT", "La rue ferme.", "Page 2"]


@pytest.mark.parametrize("sign", CONTROL)
def test_control_characters_say_nothing(sign: str) -> None:
    assert split_sentences(f"{sign}La rue{sign} ferme.{sign} Elle rouvre.{sign}") == ["La rue ferme.", "Elle rouvre."]


@pytest.mark.parametrize("mark", ["«", "“", '"'])
def test_a_quotation_that_is_never_closed_ends_no_later_than_others(mark: str) -> None:
    sentences = [f"Il a dit : {mark} La rue ferme.", *(f"La rue numéro {number} ferme aussi." for number in range(30))]
    assert split_sentences(" ".join(sentences)) == sentences


def test_a_quotation_of_many_sentences_is_cut_into_them_and_a_short_one_is_not() -> None:
    short = "Il a dit : « La rue ferme. Elle rouvrira. » avant de partir."
    assert split_sentences(short) == [short]
    sentences = ["Il a dit : « La rue ferme.", *(f"La rue numéro {number} ferme aussi." for number in range(20)), "Tout ferme. »"]
    assert split_sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\r\n", "\f", "\x00", "\ufeff"])
def test_a_text_without_a_word_has_no_sentence(text: str) -> None:
    assert split_sentences(text) == []


def test_a_text_without_punctuation_is_one_sentence() -> None:
    assert split_sentences("la rue est fermée et personne ne passe") == ["la rue est fermée et personne ne passe"]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("La rue ferme.\n" * 3_000, ["La rue ferme."] * 3_000),
        ("la rue\n" * 3_000, [" ".join(["la rue"] * 3_000)]),
        ("la rue " * 10_000, [" ".join(["la rue"] * 10_000)]),
        ("art. " * 3_000, [" ".join(["art."] * 3_000)]),
        ("- banc\n" * 3_000, ["- banc"] * 3_000),
    ],
)
def test_texts_of_thousands_of_lines_or_words_are_split_like_short_ones(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@settings(deadline=None)
@given(TEXTS)
def test_every_word_is_in_a_sentence_and_in_its_place(text: str) -> None:
    assert " ".join(split_sentences(text)).split() == text.split()


@settings(deadline=None)
@given(st.text())
def test_whatever_the_text_no_letter_is_lost_and_no_sentence_is_empty_or_goes_over_a_line(text: str) -> None:
    sentences = split_sentences(text)
    assert [sign for sign in "".join(sentences) if sign.isalnum()] == [sign for sign in text if sign.isalnum()]
    assert all(sentence == " ".join(sentence.split()) != "" for sentence in sentences)


@settings(deadline=None)
@given(TEXTS)
def test_sentences_that_were_joined_are_found_again(text: str) -> None:
    sentences = split_sentences(text)
    assert split_sentences(join_sentences(sentences)) == sentences


def test_what_belongs_to_one_sentence_is_not_taken_together_with_the_next() -> None:
    sentences = ["La rue ferme le 3", "mai est férié", "Madame,", "le bâtiment A.", "Il est neuf."]
    assert split_sentences(join_sentences(sentences)) == sentences


# Words up to a limit

WHOLE = (
    ["La Ville", "verse"],
    ["1 250 000 euros"],
    ["(1 250,50 €)"],
    ["le 3 juin 2026"],
    ["le 1er sept. 2026"],
    ["du 11 au 22 janvier 2026"],
    ["les 3, 4 et 5 juillet"],
    ["de 9 h 30"],
    ["à 18 h"],
    ["vingt-quatre mille euros"],
    ["vingt et un agents"],
    ["1,2 million d’euros"],
    ["au 01 42 33 44 55"],
    ["en mai"],
)


@pytest.mark.parametrize(
    ("sentence", "most", "kept"),
    [
        ("La Ville paie", 3, "La Ville paie"),
        ("La  Ville\npaie", 9, "La Ville paie"),
        ("La Ville paie", 2, "La Ville"),
        ("La Ville paie", 0, ""),
        ("", 3, ""),
        ("La Ville verse 1 250 000 euros au club", 3, "La Ville verse"),
        ("La Ville verse 1 250 000 euros au club", 6, "La Ville verse"),
        ("La Ville verse 1 250 000 euros au club", 7, "La Ville verse 1 250 000 euros"),
        ("La Ville verse (1 250 euros) au club", 4, "La Ville verse"),
        ("Ouvert à 18 h 30 le soir", 4, "Ouvert à"),
        ("Ouvert à 18 h 30 le soir", 6, "Ouvert à 18 h 30 le"),
        ("Ouvert le 3 juin 2026 au soir", 4, "Ouvert le"),
        ("Ouvert le 3 juin au soir", 4, "Ouvert le 3 juin"),
        ("Ouvert du 11 au 22 janvier", 4, "Ouvert du"),
        ("Il faut vingt-quatre mille euros", 3, "Il faut"),
        ("Il faut vingt et un agents", 4, "Il faut"),
        ("Il faut 3 millions d’euros", 4, "Il faut"),
        ("1 250 euros sont versés", 1, ""),
    ],
)
def test_a_number_date_or_time_is_left_out_rather_than_cut(sentence: str, most: int, kept: str) -> None:
    assert cut_words(sentence, most) == kept


@settings(deadline=None)
@given(st.lists(st.sampled_from([piece for pieces in WHOLE for piece in pieces]), max_size=6), st.integers(0, 30))
def test_what_is_kept_are_first_words_and_reads_as_it_does_in_the_whole(pieces: list[str], most: int) -> None:
    sentence = " ".join(pieces)
    kept = cut_words(sentence, most)
    assert len(kept.split()) <= most
    assert sentence.startswith(kept)
    assert plain(sentence).startswith(plain(kept).rstrip() + " ")


@settings(deadline=None)
@given(st.lists(st.sampled_from([piece for pieces in WHOLE for piece in pieces]), min_size=1, max_size=6), st.integers(0, 30))
def test_no_amount_date_or_time_is_cut_from_its_beginning(pieces: list[str], most: int) -> None:
    rest = pieces
    kept = cut_words(" ".join(pieces), most).split()
    # Whole pieces go; of the one that is left, only words before its figures may have been kept.
    while rest and kept[: len(rest[0].split())] == rest[0].split():
        kept, rest = kept[len(rest[0].split()) :], rest[1:]
    assert not any(sign.isdigit() for word in kept for sign in word)
    assert "vingt" not in " ".join(kept)


# What is a sentence


@pytest.mark.parametrize(
    "text", ["La rue ferme.", "Pourquoi ?", "Adopté !", "Le conseil décide :", "vu le code ;", "Il a dit « non »"]
)
def test_a_piece_with_a_mark_at_its_end_is_like_a_sentence(text: str) -> None:
    assert ends_like_a_sentence(text)


@pytest.mark.parametrize("text", ["", "RAPPORT ANNUEL", "12 rue du Lavoir", "Voirie | 1 250 €.", "Madame,"])
def test_a_heading_an_address_or_a_row_is_not_like_a_sentence(text: str) -> None:
    assert not ends_like_a_sentence(text)
