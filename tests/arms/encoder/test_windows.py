from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from arms import ArmError
from arms.encoder.windows import WindowReader, windows_of


@pytest.mark.parametrize(
    ("tokens", "room", "stride"), [(0, 6, 2), (6, 6, 2), (7, 6, 2), (23, 6, 2), (100, 10, 7), (12, 6, 0)]
)
def test_every_token_belongs_to_one_window_that_holds_it(tokens: int, room: int, stride: int) -> None:
    windows = windows_of(3, tokens, room, stride)
    owned = [i for w in windows for i in range(w.own, w.own_stop)]
    assert owned == list(range(tokens))
    assert all(w.text == 3 and w.start <= w.own <= w.own_stop <= w.stop for w in windows)
    assert all(w.stop - w.start <= room for w in windows)
    for before, after in pairwise(windows):
        assert before.stop - after.start >= stride


def test_a_token_belongs_to_the_window_with_most_context() -> None:
    tokens = 40
    windows = windows_of(0, tokens, 10, 6)

    def context(window: tuple[int, ...], i: int) -> float:
        _, start, stop, *_ = window
        left = np.inf if start == 0 else i - start
        right = np.inf if stop == tokens else stop - 1 - i
        return min(left, right)

    for window in windows:
        for i in range(window.own, window.own_stop):
            held = [context(w, i) for w in windows if w.start <= i < w.stop]
            assert context(window, i) == max(held)


def reader(folder: Path, **changes: object) -> WindowReader:
    from transformers import AutoTokenizer

    settings = {"max_length": 8, "stride": 2, "long_documents": "windows", **changes}
    return WindowReader.of(AutoTokenizer.from_pretrained(folder), **settings)  # type: ignore[arg-type]


def test_windows_carry_the_special_tokens_and_join_to_the_whole_text(tiny_encoder: Path) -> None:
    texts = ["router signal", "router signal outage wifi modem cable dropped latency fee card price", ""]
    cut = reader(tiny_encoder)
    windows = cut.read(texts)
    whole = cut.tokenizer(texts)["input_ids"]
    assert windows.rows[0] == whole[0]
    assert all(row[0] == whole[0][0] and row[-1] == whole[0][-1] for row in windows.rows)
    assert (windows.divided, windows.cut) == (1, 0)
    values = [np.array(row, dtype=np.float64)[:, None] for row in windows.rows]
    assert [v[:, 0].tolist() for v in windows.joined(values)] == [row[1:-1] for row in whole]
    text = texts[1]
    assert [text[a:b] for a, b in windows.offsets[1]] == text.split()


def test_logits_of_a_text_are_the_mean_over_its_windows(tiny_encoder: Path) -> None:
    windows = reader(tiny_encoder).read(["router", "signal " * 10])
    assert windows.per_text().tolist() == [1, 2]
    mean = windows.mean(np.array([[1.0, 0.0], [2.0, 4.0], [4.0, 0.0]]))
    np.testing.assert_allclose(mean, [[1, 0], [3, 2]])


def test_truncation_reads_one_window_a_text_and_counts(tiny_encoder: Path) -> None:
    windows = reader(tiny_encoder, long_documents="truncate").read(["router " * 6, "router " * 7])
    assert [len(row) for row in windows.rows] == [8, 8]
    assert len(windows.offsets[1]) == 6
    assert (windows.divided, windows.cut) == (0, 1)


def test_windows_that_share_everything_are_refused(tiny_encoder: Path) -> None:
    with pytest.raises(ArmError, match=r"holds only 6 tokens.*Make stride smaller"):
        reader(tiny_encoder, stride=6)
