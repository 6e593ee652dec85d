"""Defaults of parameters that are numbers of the profile of the view's market: `profile.stops.atr`."""

from __future__ import annotations

import re
from decimal import Decimal

from tradeplan.dsl.catalog import Function, Parameter
from tradeplan.dsl.check.context import Context
from tradeplan.dsl.check.value import View
from tradeplan.dsl.diagnostic import diagnostic_kind
from tradeplan.dsl.source import Span

PROFILE_NUMBER = diagnostic_kind("profile-number", "a default comes from the profile of the market, which lacks it")

PROFILE = "profile."
"""How such a default begins."""

PROFILE_KEY = re.compile(r"profile\.([a-z_]+\.[a-z_]+)")
"""The key of such a number."""


def default_text(text: str, view: View | None) -> str:
    """A default with the numbers of the view's profile in the place of `profile.section.key`."""
    if PROFILE not in text:
        return text
    settings = view.facts.settings if view is not None else {}
    # 1 stands in where `profile_has` complained, or the market itself does not exist
    return PROFILE_KEY.sub(lambda found: f"{Decimal(repr(settings.get(found[1], 1.0))).normalize():f}", text)


def profile_has(ctx: Context, function: Function, parameter: Parameter, view: View | None, span: Span) -> bool:
    """Whether the profile has the numbers of a default; of a market that does not exist nothing is said here."""
    on = view or ctx.home
    if on is None or ctx.markets.get(on.facts.name) is None:
        return True
    missing = [key for key in PROFILE_KEY.findall(parameter.default or "") if key not in on.facts.settings]
    if missing:
        ctx.error(
            PROFILE_NUMBER,
            span,
            f"`{parameter.name}` of `{function.name}` is `{missing[0]}` of the profile of `{on.facts.name}`, "
            "which does not say it",
            found=function.name,
            expected=(f"{parameter.name}=...",),
            help=f"write `{parameter.name}=...`, or add `{missing[0]}` to the profile",
        )
    return not missing
