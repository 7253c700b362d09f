"""Prices of a remote model's tokens, the user's or those that genai-prices lists."""

from __future__ import annotations

from typing import NamedTuple

from arms.base import Arm, ArmError
from decide.workload import Prices, Workload

MILLION = 1_000_000
TYPICAL_REQUEST = 1000
"""Input tokens of a request whose size is not known yet."""


class TokenPrices(NamedTuple):
    """US dollars a million fresh input, cached input and output tokens, with source and date."""

    input: float
    cached: float
    output: float
    source: str
    date: str


def check_prices(arm: Arm, workload: Workload) -> None:
    """Refuse an arm on a remote server whose tokens have no price, before it costs anything.

    Raises:
        ArmError: Saying which price to give.
    """
    if any(place.remote for place in arm.destinations()):
        token_prices(getattr(arm, "model", ""), arm.destinations()[0].host, workload.prices)


def token_prices(
    model: str, host: str, prices: Prices, request_tokens: float = TYPICAL_REQUEST
) -> TokenPrices:
    """Prices of a model at a host.

    Args:
        model: Name that requests carry.
        host: Where they go; the provider is told by it.
        prices: The user's prices, which go first.
        request_tokens: Input tokens of one request: some providers charge more for long ones.

    Raises:
        ArmError: If neither the user nor genai-prices gives a price.
    """
    if prices.input_million_tokens is not None and prices.output_million_tokens is not None:
        cached = prices.cached_million_tokens
        return TokenPrices(
            prices.input_million_tokens,
            prices.input_million_tokens if cached is None else cached,
            prices.output_million_tokens,
            *prices.origin("input_million_tokens"),
        )
    from datetime import UTC, datetime
    from importlib.metadata import version

    from genai_prices import Usage, calc_price
    from genai_prices.types import PriceCalculation

    size, now = max(1, round(request_tokens)), datetime.now(UTC)

    def price(usage: Usage) -> PriceCalculation:
        return calc_price(usage, model, provider_api_url=f"https://{host}", genai_request_timestamp=now)

    try:
        fresh = price(Usage(input_tokens=size))
        from_cache = price(Usage(input_tokens=size, cache_read_tokens=size))
        answer = price(Usage(input_tokens=size, output_tokens=TYPICAL_REQUEST))
    except LookupError as error:
        raise ArmError(
            f"No price is known for model {model!r} at {host}. Give workload.prices.input_million_tokens "
            "and output_million_tokens in US dollars (0 if the server costs you nothing)."
        ) from error
    return TokenPrices(
        float(fresh.input_price) / size * MILLION,
        float(from_cache.input_price) / size * MILLION,
        float(answer.output_price) / TYPICAL_REQUEST * MILLION,
        f"genai-prices {version('genai-prices')}, {fresh.provider.name}, {fresh.model.id}; the library "
        "states no day on which it checked the price",
        f"in force on {now:%Y-%m-%d} by that version",
    )
