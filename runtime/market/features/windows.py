"""The windows around news that the arguments of a feature choose."""

from __future__ import annotations

from tradeplan.runtime.market.features.feature import Request
from tradeplan.runtime.market.news_windows import OWN, Choice, Windows, currencies_of
from tradeplan.runtime.market.profile import currency_unit


def windows(request: Request) -> Windows:
    """Arguments: impact, currency, event, and before and after in milliseconds.

    The own currencies of the account's clock, which belongs to no market, are all of them.
    """
    impact, currency, event, before, after = (int(a) for a in request.arguments)
    profile = request.profile
    if profile is None and currency == OWN:
        currencies: frozenset[str] = frozenset()
    else:
        own = () if profile is None else (profile.base_currency, profile.profit_currency)
        currencies = currencies_of(currency, frozenset(currency_unit(c)[0] for c in own))
    return request.news().clock.windows(Choice(impact, currencies, event, before, after))
