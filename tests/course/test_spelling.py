"""Forms of one name are told apart where both are there."""

from __future__ import annotations

import unicodedata

from autograder.course.spelling import composed, same_names, told_apart

SHORT, LONG = "Jos\u00e9", "Jose\u0301"
MIXED = ("\u00e9e\u0301", "\u00e9\u00e9", "e\u0301e\u0301")


def test_both_forms_are_named_and_others_are_not():
    assert SHORT != LONG and unicodedata.normalize("NFD", SHORT) == LONG
    assert same_names(["ada", LONG, "zoe", SHORT, LONG]) == [(LONG, SHORT)]
    assert told_apart([SHORT, "ada", LONG]) == {SHORT: f"{SHORT} [composed]", LONG: f"{LONG} [decomposed]"}


def test_one_form_alone_needs_no_word():
    assert told_apart([LONG, "ada", "jose"]) == {} and composed(LONG) == SHORT


def test_a_name_may_be_in_both_forms_at_once():
    assert set(told_apart(MIXED).values()) == {
        f"{MIXED[0]} [mixed]",
        f"{MIXED[1]} [composed]",
        f"{MIXED[2]} [decomposed]",
    }
