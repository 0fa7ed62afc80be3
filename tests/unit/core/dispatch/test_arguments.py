from __future__ import annotations

import pytest

from whinchat.core.dispatch.arguments import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    WEEK,
    Arg,
    Choice,
    Duration,
    Integer,
    Line,
    Member,
    Mismatch,
    Optional,
    Problem,
    Rest,
    Text,
    Url,
    UsageProblem,
    Word,
    fold,
    nearest,
    notation,
)


def problem(arg: Arg[object], text: str) -> UsageProblem:
    with pytest.raises(Mismatch) as caught:
        arg.take(Line(text))
    return caught.value.problem


@pytest.mark.parametrize(
    "typed",
    [
        "check",
        "Check",
        "CHECK",
        "*check*",
        "_Check_",
        "`check`",
        "ｃｈｅｃｋ",
        "che\u200bck",
        "\u200fcheck",
        "“check”",
        "check:",
        "check!",
    ],
)
def test_a_word_is_known_however_a_phone_wrote_it(typed: str) -> None:
    assert fold(typed) == "check"


@pytest.mark.parametrize("typed", [".check", "/check", "check-in", "chéck", "#check"])
def test_a_word_is_not_mistaken_for_another(typed: str) -> None:
    assert fold(typed) != "check"


def test_what_is_too_long_is_no_word() -> None:
    assert fold("a" * 65) == ""
    assert nearest("a" * 10_000, ["a"]) is None


def test_dashes_of_all_kinds_are_the_same() -> None:
    assert {fold(f"hash{dash}only") for dash in "-\u2010\u2011\u2013\u2014\u2212"} == {"hash-only"}


class TestText:
    NAME = Text("name", at_most=13)

    @pytest.mark.parametrize(
        "typed", ['"two words"', "“two words”", "„two words“", "«two words»", '“two words" ', "\u200e“two words”"]
    )
    def test_words_in_quotes_of_any_style_are_one_argument(self, typed: str) -> None:
        assert self.NAME.take(Line(typed)) == "two words"

    def test_a_token_needs_no_quotes_and_stays_as_typed(self) -> None:
        line = Line("*.Example.org more")
        assert self.NAME.take(line) == "*.Example.org"
        assert line.take_rest() == "more"

    def test_a_quote_that_is_never_closed_is_pointed_out(self) -> None:
        assert problem(self.NAME, '"two words').problem is Problem.QUOTE

    def test_nothing_in_quotes_is_nothing(self) -> None:
        assert problem(self.NAME, '""').problem is Problem.MISSING

    def test_a_long_text_is_refused_with_the_limit(self) -> None:
        assert problem(self.NAME, "x" * 14).values["count"] == 13


class TestInteger:
    NUMBER = Integer("number", least=-5, most=30)

    @pytest.mark.parametrize(
        ("typed", "value"), [("7", 7), ("７", 7), ("٣٠", 30), ("*7*", 7), ("−5", -5), ("+3", 3), ("07.", 7)]
    )
    def test_digits_of_any_script_are_read(self, typed: str, value: int) -> None:
        assert self.NUMBER.take(Line(typed)) == value

    @pytest.mark.parametrize("typed", ["seven", "1e3", "0x7", "1_0", "1.5", "9" * 5000])
    def test_anything_else_is_no_number(self, typed: str) -> None:
        assert problem(self.NUMBER, typed).problem is Problem.NUMBER

    def test_a_number_out_of_range_is_refused_with_the_range(self) -> None:
        refused = problem(self.NUMBER, "31")
        assert (refused.problem, refused.values["least"], refused.values["most"]) == (Problem.RANGE, -5, 30)


class TestDuration:
    SPAN = Duration("duration", least=MINUTE, most=WEEK)

    @pytest.mark.parametrize(
        ("typed", "value"),
        [
            ("30m", 30 * MINUTE),
            ("1h30m", 90 * MINUTE),
            ("1h 30m", 90 * MINUTE),
            ("2 hours", 2 * HOUR),
            ("1 Day 12 hrs", 36 * HOUR),
            ("90s", 90 * SECOND),
            ("１ｈ", HOUR),
            ("*1w*", WEEK),
            ("٢h", 2 * HOUR),
        ],
    )
    def test_spans_are_read_as_people_write_them(self, typed: str, value: int) -> None:
        line = Line(typed)
        assert self.SPAN.take(line) == value
        assert line.ended

    def test_what_follows_a_span_is_left(self) -> None:
        line = Line("2 hours 5 people asked")
        assert self.SPAN.take(line) == 2 * HOUR
        assert line.take_rest() == "5 people asked"

    @pytest.mark.parametrize("typed", ["soon", "30", "2hrz", "h", "-2h", "1.5h", "2 parsecs", "9999999999h"])
    def test_anything_else_is_no_span(self, typed: str) -> None:
        assert problem(self.SPAN, typed).problem is Problem.DURATION

    @pytest.mark.parametrize("typed", ["59s", "8d"])
    def test_a_span_out_of_bounds_is_refused_in_words_that_can_be_typed(self, typed: str) -> None:
        refused = problem(self.SPAN, typed)
        assert (refused.problem, refused.values["least"], refused.values["most"]) == (Problem.RANGE, "1m", "1w")


@pytest.mark.parametrize(
    ("span", "text"), [(0, "0s"), (90 * MINUTE, "1h30m"), (DAY, "1d"), (9 * DAY, "1w2d"), (1500, "1s")]
)
def test_a_span_is_written_as_one_would_type_it(span: int, text: str) -> None:
    assert notation(span) == text


class TestChoice:
    LEVEL = Choice("level", ("local", "hash-only", "full"))

    def test_an_option_is_taken_in_any_spelling(self) -> None:
        assert self.LEVEL.take(Line("Hash–Only.")) == "hash-only"

    def test_another_word_is_answered_with_the_options_and_the_nearest(self) -> None:
        refused = problem(self.LEVEL, "locale")
        assert refused.values["choices"] == "local, hash-only, full"
        assert refused.nearest == "local"

    def test_the_options_are_the_usage(self) -> None:
        assert self.LEVEL.usage == "local|hash-only|full"


def test_a_keyword_must_be_there() -> None:
    to = Word("to")
    assert to.take(Line("TO bob")) == "to"
    assert problem(to, "for bob").values == {"word": "to", "given": "for"}
    assert to.usage == "to"


def test_a_url_stays_as_typed_but_for_marks_around_it() -> None:
    line = Line("\u200fHttps://paypa1-login.pages.dev/Ver\u200bify_*\u200e next")
    assert Url("url").take(line) == "Https://paypa1-login.pages.dev/Ver\u200bify_*"
    assert line.peek() == "next"


def test_the_rest_keeps_its_lines_and_has_a_limit() -> None:
    rest = Rest("reason", at_most=10)
    assert rest.take(Line(" our\nclub \u200b ")) == "our\nclub"
    assert problem(rest, "x" * 11).problem is Problem.TOO_LONG


class TestOptional:
    SPAN = Optional(Duration("duration"), after="for")

    def test_it_is_none_where_it_is_left_out(self) -> None:
        assert self.SPAN.take(Line("")) is None
        line = Line("because")
        assert self.SPAN.take(line) is None
        assert line.peek() == "because"

    def test_its_keyword_announces_it(self) -> None:
        assert self.SPAN.take(Line("FOR 2h")) == 2 * HOUR

    def test_a_keyword_with_nothing_behind_it_is_missed(self) -> None:
        assert problem(self.SPAN, "for").values == {"argument": "DURATION"}

    def test_usage_shows_brackets_and_keyword(self) -> None:
        assert self.SPAN.usage == "[for DURATION]"
        assert Optional(Text("country_code")).usage == "[COUNTRY-CODE]"


@pytest.mark.parametrize("typed", ["@15550001", "@Ana Maria", "+1 555 0001", "15550001", "@ana\u200b"])
def test_a_member_is_a_mention_or_a_number_to_the_end(typed: str) -> None:
    line = Line(typed)
    assert Member("member").take(line) == typed.rstrip("\u200b")
    assert line.ended


@pytest.mark.parametrize("typed", ["ana", "@", "@ ana", "#1", "+x"])
def test_a_bare_name_is_no_member(typed: str) -> None:
    assert problem(Member("member"), typed) == UsageProblem("member", Problem.MEMBER, {"given": typed})


def test_a_member_is_written_with_its_sign() -> None:
    assert Optional(Member("member")).usage == "[@member]"
