"""What an arm costs: once, for each 1,000 documents, over the horizon, and where two arms cost the same."""

from decide.economics.assumptions import assumptions
from decide.economics.break_even import break_even, break_evens
from decide.economics.checks import check_workload
from decide.economics.cost import cost_of
from decide.economics.machine import machine_hour
from decide.economics.reprice import Amount, Change, reprice
from decide.economics.tokens import TokenPrices, check_prices, token_prices

__all__ = [
    "Amount",
    "Change",
    "TokenPrices",
    "assumptions",
    "break_even",
    "break_evens",
    "check_prices",
    "check_workload",
    "cost_of",
    "machine_hour",
    "reprice",
    "token_prices",
]
