"""What differences the test set could show, and what it would take to settle open questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison, PairResult
    from decide.pair_records import NonInferiority


@register_section(
    "power",
    title="What this test set could show",
    order=42,
    lede="A test set of a given size can show differences down to a given size and no smaller ones. That no "
    "difference was found means little where only a large one could have been.",
    readers=("data_scientist",),
)
def build(comparison: Comparison) -> Context | None:
    """Pairs with their detectable difference, those of the recommended arm first."""
    found = [pair for pair in comparison.pairs if pair.power is not None]
    if not found:
        return None
    order = {arm.name: i for i, arm in enumerate(view.ordered(comparison))}
    found.sort(key=lambda pair: sorted(order.get(name, 0) for name in (pair.first, pair.second)))
    powers = [pair.power for pair in found if pair.power is not None]
    margins = [pair.non_inferiority for pair in found if pair.non_inferiority is not None]
    chosen = comparison.recommendation.arm
    main = [pair for pair in found if chosen in (pair.first, pair.second)] or found
    return {
        "tables": [
            (f"{chosen} against each other approach" if main is not found else "Every pair", _rows(main)),
            ("All other pairs", _rows([pair for pair in found if pair not in main])),
        ],
        "power": format.percent(powers[0].power),
        "alpha": format.given(round(powers[0].alpha, 5)),
        "pairs": len(comparison.pairs),
        "margin": format.given(margins[0].margin) if margins else None,
        "level": format.percent(margins[0].level) if margins else None,
    }


def _rows(pairs: list[PairResult]) -> list[Context]:
    return [
        {
            "first": pair.first,
            "second": pair.second,
            "seen": format.score(abs(pair.difference.value)),
            "detectable": format.score(pair.power.detectable),
            "items": format.score(pair.power.error_items),
            "seeds": format.score(pair.power.error_seeds, "each approach ran once"),
            "different": pair.different,
            "statement": pair.power.statement,
            "margin": _margin(pair, pair.non_inferiority),
        }
        for pair in pairs
        if pair.power is not None
    ]


def _margin(pair: PairResult, found: NonInferiority | None) -> str | None:
    """Which arm is shown to be no more than the margin worse, in words."""
    if found is None:
        return None
    if found.equivalent:
        return strings.EQUIVALENT
    if found.first_not_inferior:
        return strings.NOT_INFERIOR.format(better=pair.first, other=pair.second)
    if found.second_not_inferior:
        return strings.NOT_INFERIOR.format(better=pair.second, other=pair.first)
    return strings.MARGIN_OPEN
