"""What would change the answer, found by applying the rule again and again, never by guessing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from decide.decision_records import Flip
from decide.economics.break_even import break_evens
from decide.recommend.case import Case, Lever
from decide.recommend.constraints import relaxed, violations
from decide.recommend.rule import Verdict
from decide.recommend.search import first_change, implied
from decide.recommend.sensitivity import answer
from decide.wording import count, dollars, in_unit, names, significant, times
from decide.workload import TEXT_STAYS, Parameter

FARTHEST, DEAREST = 1000.0, 100.0
"""Volume is moved by up to the first factor either way, prices by up to the second."""
WIDEST_MARGIN = 0.15
"""A larger loss of score than this is never offered as a trade for money."""
UNCOUNTED_USD = 0.001
"""The lowest price that is tried for what now has none, in US dollars; doubled up to some US$500."""
ERRORS_USD = (1e-6, 1e4)
"""Prices of an error that are tried where none is given, in US dollars."""


def find_flips(case: Case) -> list[Flip]:
    """Everything that would change the answer, constraints first, then volume, margin, errors and prices."""
    flips = [*_constraints(case), *_unmeasured(case)]
    if case.verdict.arm is None:
        return flips
    flips += _volume(case)
    flips += _margin(case)
    flips += _errors(case)
    prices: tuple[Parameter, ...] = (
        "machine_hour",
        "utilisation",
        "input_million_tokens",
        "output_million_tokens",
        "label",
        "engineering_day",
    )
    for parameter in prices:
        lever = case.lever(parameter)
        if lever is not None:
            flips += _price(case, lever) if lever.base else _uncounted(case, lever)
    return flips


def _constraints(case: Case) -> list[Flip]:
    """Each excluded arm with exactly its own constraints relaxed; and text kept here, where it may leave."""
    found: list[Flip] = []
    now = case.verdict
    for arm in case.evidence.measured:
        broken = violations(arm, case.workload, now.costs[arm.name].per_1000)
        if not broken:
            continue
        then = case.under(relaxed(case.workload, broken))
        if then.arm != arm.name:
            continue
        first = broken[0]
        found.append(
            Flip(
                parameter="+".join(v.field for v in broken),
                current=first.limit if len(broken) == 1 else None,
                threshold=first.needed if len(broken) == 1 else None,
                unit=first.unit if len(broken) == 1 else "",
                arm=then.arm,
                outcome=then.outcome,
                text=f"If {names([v.relaxed for v in broken])}, {answer(then.outcome, then.arm)} "
                f"({_figures(case, then, arm.name)}).",
            )
        )
    chosen = None if now.arm is None else case.arm(now.arm)
    if chosen is not None and chosen.data_flow is not None and chosen.data_flow.leaves:
        then = case.under(case.relaxed(text_may_leave=False))
        found.append(
            Flip(
                parameter="text_may_leave",
                arm=then.arm,
                outcome=then.outcome,
                text=f"If text had to stay on the machine, {answer(then.outcome, then.arm)}"
                + (f" ({_figures(case, then, then.arm)})." if then.arm else "."),
            )
        )
    return found


def _unmeasured(case: Case) -> list[Flip]:
    """Arms that were refused because text may not leave: they may win, but nothing was measured of them."""
    refused = [a for a in case.evidence.arms if a.status == "refused" and TEXT_STAYS in (a.failure or "")]
    if not refused or case.workload.text_may_leave:
        return []
    who = names([arm.name for arm in refused])
    return [
        Flip(
            parameter="text_may_leave",
            outcome="not measured",
            text=f"If text may leave the machine, {who} could be compared; whether that would change the "
            "answer was not measured.",
        )
    ]


def _volume(case: Case) -> list[Flip]:
    lever = case.lever("documents_per_month")
    assert lever is not None
    priced = [arm for arm in case.evidence.measured if arm.cost is not None]
    known = [b.per_month for b in break_evens(priced, case.workload) if b.per_month is not None]
    found = []
    for up, value, then in _moves(case, lever, lambda up: _steps(lever.base, up, FARTHEST, known)):
        side = "Above" if up else "Below"
        found.append(
            _flip(
                lever,
                value,
                then,
                f"{side} {count(value)} documents a month (now {count(lever.base)}) "
                f"{answer(then.outcome, then.arm)}{_saving(case, lever, value, then, up)}",
            )
        )
    return found


def _moves(
    case: Case, lever: Lever, steps: Callable[[bool], Sequence[float]], *, geometric: bool = True
) -> Iterator[tuple[bool, float, Verdict]]:
    """The nearest change above and below the lever's value, with whether it is above."""
    for up in (True, False):
        moved = first_change(
            lambda v: case.at(lever, v), case.verdict, lever.base, steps(up), geometric=geometric
        )
        if moved is not None:
            yield up, *moved


def _saving(case: Case, lever: Lever, value: float, then: Verdict, up: bool) -> str:
    """What the new arm saves beyond the threshold, if it is the cheaper one there."""
    now, beyond = case.verdict.arm, case.at(lever, value * (2 if up else 0.5))
    if then.arm is None or now is None or then.arm == now or beyond.arm != then.arm:
        return "."
    saved = beyond.costs[now].horizon - beyond.costs[then.arm].horizon
    if saved <= 0:
        return "."
    twice = "twice" if up else "half"
    return (
        f", which is cheaper than {now} there; at {twice} that volume by {dollars(saved)} over "
        f"{case.workload.horizon_months:g} months."
    )


def _margin(case: Case) -> list[Flip]:
    lever = case.lever("margin")
    assert lever is not None
    found = []
    widths = [i / 200 for i in range(int(WIDEST_MARGIN * 200) + 1)]

    def steps(up: bool) -> list[float]:
        return [w for w in widths if w > lever.base] if up else [w for w in widths[::-1] if w < lever.base]

    for up, value, then in _moves(case, lever, steps, geometric=False):
        given = f"(now {case.workload.margin:g})"
        start = (
            f"If losing up to {value:.3f} of score did not matter {given}"
            if up
            else f"If a difference of {value:.3f} in score already mattered {given}"
        )
        found.append(
            _flip(lever, value, then, f"{start}, {answer(then.outcome, then.arm)}{_less(case, then)}")
        )
    return found


def _less(case: Case, then: Verdict) -> str:
    now = case.verdict.arm
    if now is None or then.arm is None or then.arm == now:
        return "."
    saved = then.costs[now].horizon - then.costs[then.arm].horizon
    more = "less" if saved > 0 else "more"
    return f", which costs {dollars(abs(saved))} {more} over {case.workload.horizon_months:g} months."


def _errors(case: Case) -> list[Flip]:
    """Where the price of an error tips the answer; without one, the prices at which the answer holds."""
    parameter: Parameter = "usd_per_point" if case.workload.usd_per_point is not None else "error_usd"
    lever = case.lever(parameter)
    if lever is not None:
        return _price(case, lever)
    lever = Lever("error_usd", "cost of a wrong answer", "US$", 0.0)
    found = []
    ends = implied(lambda v: case.at(lever, v), case.verdict, *ERRORS_USD)
    for up, end in zip((False, True), ends, strict=True):
        if end is None:
            continue
        value, then = end
        side = "more" if up else "less"
        found.append(
            _flip(
                lever,
                value,
                then,
                f"If a wrong answer cost {side} than US${significant(value)} (no price is given), "
                f"{answer(then.outcome, then.arm)}{_less(case, then)}",
            )
        )
    return found


def _price(case: Case, lever: Lever) -> list[Flip]:
    def steps(up: bool) -> list[float]:
        found = _steps(lever.base, up, DEAREST)
        if lever.parameter != "utilisation":
            return found
        return [s for s in found if s < 1] + ([1.0] if up and lever.base < 1 else [])

    found = []
    for up, value, then in _moves(case, lever, steps):
        side = "above" if up else "below"
        found.append(
            _flip(
                lever,
                value,
                then,
                f"With {lever.name} {side} "
                f"{in_unit(value, lever.unit)} (now {significant(lever.base)}; {times(value / lever.base)}), "
                f"{answer(then.outcome, then.arm)}.",
            )
        )
    return found


def _uncounted(case: Case, lever: Lever) -> list[Flip]:
    """The price from which on something changes that now costs nothing."""
    steps = [UNCOUNTED_USD * 2.0**k for k in range(20)]
    moved = first_change(lambda v: case.at(lever, v), case.verdict, 0.0, steps)
    if moved is None:
        return []
    value, then = moved
    text = f"With {lever.name} above {in_unit(value, lever.unit)} (not counted now), "
    return [_flip(lever, value, then, f"{text}{answer(then.outcome, then.arm)}.")]


def _flip(lever: Lever, value: float, then: Verdict, text: str) -> Flip:
    return Flip(
        parameter=lever.parameter,
        current=lever.base or None,
        threshold=value,
        unit=lever.unit,
        arm=then.arm,
        outcome=then.outcome,
        text=text,
    )


def _figures(case: Case, then: Verdict, name: str) -> str:
    horizon = f"{case.workload.horizon_months:g} months"
    return f"score {case.score(name):.3f}, {dollars(then.costs[name].horizon)} over {horizon}"


def _steps(base: float, up: bool, factor: float, known: Sequence[float] = ()) -> list[float]:
    """Values away from ``base``, nearest first: doubled or halved, and just beyond known thresholds."""
    steps = [base * 2.0**k for k in range(1, 20)]
    if not up:
        steps = [base * base / s for s in steps]
    steps += [k * (1.001 if up else 0.999) for k in known]
    limit = (base, base * factor) if up else (base / factor, base)
    return sorted((s for s in steps if limit[0] < s <= limit[1]), reverse=not up)
