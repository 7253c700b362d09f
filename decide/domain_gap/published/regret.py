"""What following the advice would have cost on the published cases, each judged without its data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from decide.domain_gap.published.gain import evidence_model, features_of
from decide.domain_gap.published.tables import cases

if TYPE_CHECKING:
    import pandas as pd

Evidence = Literal["all", "judged"]
COSTS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Points of score that adapting must bring to be worth it; every one is reported."""


def regret_table(
    costs: Sequence[float] = COSTS, *, judged_only: bool = True, evidence: Evidence = "all"
) -> pd.DataFrame:
    """One row a published case: gain, expected gain with interval, and per cost the action and its regret.

    The expected gain of a row comes from the cases of other data sets alone, the choice of predictor
    included. Adapting nets the published gain less the cost, not adapting nets zero; the regret of an
    action is the better of the two less what the action nets. All in points.

    Args:
        costs: Points that adapting must bring to be worth it.
        judged_only: Whether to leave out the rows that are evidence only.
        evidence: Whether to learn from all other rows, or from the judged ones alone.
    """
    import pandas as pd

    rows = []
    for case in cases():
        if judged_only and not case.judged:
            continue
        model = evidence_model(case.dataset, judged_only=evidence == "judged")
        features = features_of(case)
        expected = model.estimate(features)
        row: dict[str, object] = {
            "dataset": case.dataset,
            "base_model": case.base_model,
            "kind": case.kind,
            "labels": case.train_documents,
            "gain": case.gain,
            "noise_sd": float(np.sqrt(case.noise)),
            "expected": expected.value,
            "low": expected.low,
            "high": expected.high,
            "predictor": model.name,
        }
        for cost in costs:
            adapt = expected.value > cost
            net = case.gain - cost
            row[f"action at {cost:g}"] = "adapt" if adapt else "do not adapt"
            row[f"regret at {cost:g}"] = max(net, 0.0) - (net if adapt else 0.0)
        rows.append(row)
    return pd.DataFrame(rows)


def mean_regret(
    costs: Sequence[float] = COSTS, *, judged_only: bool = True, evidence: Evidence = "all"
) -> pd.DataFrame:
    """Mean regret in points of following the advice, of always and of never adapting, a row a cost."""
    import pandas as pd

    table = regret_table(costs, judged_only=judged_only, evidence=evidence)
    rows = []
    for cost in costs:
        net = table["gain"] - cost
        rows.append(
            {
                "cost": cost,
                "advice": table[f"regret at {cost:g}"].mean(),
                "always adapt": (-net).clip(lower=0).mean(),
                "never adapt": net.clip(lower=0).mean(),
                "advised to adapt": int((table[f"action at {cost:g}"] == "adapt").sum()),
            }
        )
    return pd.DataFrame(rows)


def coverage(*, judged_only: bool = True) -> float:
    """Share of published gains within the 95% interval predicted without their data set.

    The interval is widened by the noise of the published figure itself.
    """
    from scipy.stats import norm, t

    inside = []
    for case in cases():
        if judged_only and not case.judged:
            continue
        model = evidence_model(case.dataset)
        mean, deviation = model.predict(features_of(case))
        half = np.hypot(t.ppf(0.975, model.degrees) * deviation, norm.ppf(0.975) * np.sqrt(case.noise))
        inside.append(abs(case.gain - mean) <= half)
    return float(np.mean(inside))


def variants_markdown(costs: Sequence[float] = COSTS) -> str:
    """What the choice of evidence and of rows changes, as Markdown."""
    lines = [
        "| Cost (points) | 15 rows, evidence of those 15 | always | never | all rows | always | never |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    few = mean_regret(costs, evidence="judged").to_dict("records")
    every = mean_regret(costs, judged_only=False).to_dict("records")
    for a, b in zip(few, every, strict=True):
        cells = [f"{r[k]:.3f}" for r in (a, b) for k in ("advice", "always adapt", "never adapt")]
        lines.append(f"| {a['cost']:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def regret_markdown(costs: Sequence[float] = COSTS) -> str:
    """Both tables as Markdown, as the documentation shows them."""
    summary = mean_regret(costs)
    lines = [
        "| Cost of adapting (points) | advice | always adapt | never adapt | advised to adapt |",
        "|---:|---:|---:|---:|---:|",
    ]
    table = regret_table(costs)
    for row in summary.to_dict("records"):
        lines.append(
            f"| {row['cost']:g} | {row['advice']:.3f} | {row['always adapt']:.3f} | "
            f"{row['never adapt']:.3f} | {row['advised to adapt']} of {len(table)} |"
        )
    head = " | ".join(f"at {c:g}" for c in costs)
    lines += [
        "",
        f"| Case | Labelled | Gain | Expected (95% interval) | {head} |",
        f"|---|---:|---:|---:|{'---|' * len(costs)}",
    ]
    for row in table.to_dict("records"):
        cells = [
            f"{'adapt' if row[f'action at {c:g}'] == 'adapt' else 'no'} ({row[f'regret at {c:g}']:.2f})"
            for c in costs
        ]
        labels = "?" if row["labels"] != row["labels"] else f"{row['labels']:,.0f}"
        lines.append(
            f"| {row['dataset']}, {row['base_model']}, {str(row['kind']).replace('_', ' ')} | {labels} | "
            f"{row['gain']:+.2f} | {row['expected']:+.2f} ({row['low']:+.1f} to {row['high']:+.1f}) | "
            f"{' | '.join(cells)} |"
        )
    return "\n".join(lines)
