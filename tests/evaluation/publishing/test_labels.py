"""Names of points keep off each other, off marks and off lines, as far as there is room."""

from __future__ import annotations

from itertools import combinations

import pytest

from evaluation.publishing.labels import Box, Spot, placed, width_of, wrapped

PAGE = Box(0, 0, 640, 400)


def test_what_two_boxes_have_in_common_is_an_area() -> None:
    assert Box(0, 0, 4, 3).common(Box(1, 1, 9, 9)) == 3 * 2
    assert Box(0, 0, 4, 3).common(Box(4, 0, 9, 9)) == 0


def test_names_of_points_that_lie_close_cover_neither_each_other_nor_a_mark() -> None:
    spots = [Spot(300 + number % 3, 200 + number % 2, 90, 15) for number in range(12)]
    boxes = [each.box for each in placed(spots, [], PAGE)]
    assert all(one.common(other) == 0 for one, other in combinations(boxes, 2))
    assert all(box.common(spot.mark) == 0 for box in boxes for spot in spots)
    assert all(box.left >= 0 and box.right <= 640 and box.top >= 0 and box.bottom <= 400 for box in boxes)
    assert [(round(box.right - box.left), round(box.bottom - box.top)) for box in boxes] == [(90, 15)] * 12


def test_a_name_alone_stands_at_the_right_of_its_point_without_a_line_to_it() -> None:
    (found,) = placed([Spot(200, 100, 60, 15)], [], PAGE)
    assert found.leader is None
    assert 206 <= found.box.left <= 212
    assert (found.box.top + found.box.bottom) / 2 == 100


def test_a_name_keeps_off_the_mark_of_another_point() -> None:
    # At the right it would stand over the second point, whose own name takes no room.
    (found, _) = placed([Spot(200, 100, 60, 15), Spot(240, 100, 0, 0)], [], PAGE)
    assert found.box.common(Spot(240, 100, 0, 0).mark) == 0


def test_a_name_keeps_off_a_line_that_it_can_go_around() -> None:
    (found,) = placed([Spot(200, 100, 60, 15)], [Box(0, 100, 400, 100)], Box(0, 0, 400, 200))
    assert not found.box.top < 100 < found.box.bottom


def test_a_name_far_from_its_point_is_joined_to_the_edge_of_its_mark() -> None:
    # What is drawn leaves room only from 30 units above the point on.
    (found,) = placed([Spot(200, 100, 60, 15)], [Box(0, 72, 400, 200)], Box(0, 0, 400, 200))
    assert found.leader is not None
    (x, y), (end_x, end_y) = found.leader
    assert found.box.left <= x <= found.box.right
    assert found.box.top <= y <= found.box.bottom
    assert ((end_x - 200) ** 2 + (end_y - 100) ** 2) ** 0.5 == pytest.approx(6)


def test_a_name_for_which_there_is_no_room_at_all_begins_within() -> None:
    (found,) = placed([Spot(30, 10, 500, 15)], [], Box(0, 0, 60, 20))
    assert found.box.left == 0


def test_wider_letters_take_more_room_and_marks_above_them_none() -> None:
    assert width_of("W", 10) > width_of("n", 10) > width_of("i", 10) > 0
    assert width_of("e\u0301", 10) == width_of("e", 10)
    assert width_of("nn", 20) == 4 * width_of("n", 10)


def test_lines_hold_all_words_and_no_more_than_there_is_room_for() -> None:
    text = "score from 0 to 1, mean over all classes (macro-F1)"
    lines = wrapped(text, 120, 12)
    assert " ".join(lines) == text
    assert len(lines) > 2
    assert all(width_of(line, 12) <= 120 for line in lines)
    assert wrapped("n" * 300, 120, 12) == ["n" * 300]
