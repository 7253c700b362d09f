"""Flip rates with invented numbers, for the tests of their section. Nothing here was measured."""

from __future__ import annotations

from decide.protocols.stability_records import ArmStability, Flips, Repeats, ServedModel, Stability
from decide.records import Estimate

TUNED, PROMPTED, TFIDF = "Fine-tuned MiniLM", "Prompted SmolLM2 (5-shot)", "TF-IDF + logistic regression"


def flips(value: float, half: float = 0.015, pairs: int = 3) -> Flips:
    return Flips(
        rate=Estimate(value=value, low=max(0.0, value - half), high=value + half),
        least=max(0.0, value - 0.01),
        most=value + 0.01 if value else 0.0,
        pairs=pairs,
        items=400,
    )


def stability(repeats: int = 2) -> Stability:
    """A tuned arm that differs from run to run, one without chance, and one of an unpinned model."""
    again = Repeats(
        seed=0,
        runs=2,
        flips=flips(0.0125, pairs=1),
        scores=[0.832, 0.829],
        scores_agree=False,
        largest_change=0.031,
        run_keys=["e5f6"],
    )
    same = again.model_copy(
        update={"flips": flips(0.0, pairs=1), "scores": [0.741, 0.741], "scores_agree": True}
    )
    once = "each run was made once; repeats=2 makes the first seed again"
    measured = repeats > 1
    return Stability(
        repeats=repeats,
        arms=[
            ArmStability(
                arm=TFIDF,
                seeds_missing="chance has no part in it",
                repeats=same if measured else None,
                repeats_missing="" if measured else once,
                statement=f"{TFIDF}: not measured between seeds, chance has no part in it.",
            ),
            ArmStability(
                arm=TUNED,
                between_seeds=flips(0.0642),
                repeats=again if measured else None,
                repeats_missing="" if measured else once,
                statement=f"{TUNED}: 6.4% (4.9% to 7.9%) of the answers change from one seed to another.",
            ),
            ArmStability(
                arm=PROMPTED,
                between_seeds=flips(0.112),
                repeats_missing="the repetition failed: the server has gone" if measured else once,
                served=ServedModel(
                    model="fixture-mini <latest>",
                    host="api.example.com",
                    pinned=False,
                    why="the name 'fixture-mini <latest>' holds no date, release number or revision",
                    reported=["fixture-mini-2026-01-01"],
                    system_fingerprints=["fp_1", "fp_2"],
                    unstable=True,
                    statement="Unstable: the name 'fixture-mini <latest>' holds no date.",
                ),
                statement=f"{PROMPTED}: 11.2% of the answers change from one seed to another.",
            ),
        ],
    )
