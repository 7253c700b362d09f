from evalsets import words


def test_words_are_runs_of_letters_and_digits_with_a_letter() -> None:
    assert words.words_of("It's IL-2Rα, 120/80 mmHg.") == ["It", "s", "IL", "2Rα", "mmHg"]
    assert len(words.words_of("A" * 5000)[0]) == words.LONGEST
