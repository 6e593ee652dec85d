"""Plans that trade every few minutes, so that a kill or a fault finds an order in flight; each has a last rule."""

from __future__ import annotations

from tests.kill.plans import PULLBACK

DIP = """
PLAN btc_dip "In at the market, in three parts, a stop that trails."
TRADE btc ON M1
WHEN rsi(3) CROSSES BELOW 35
THEN BUY RISK 0.1% STOP 1% TARGET 2R TAKE 30% AT 0.2R TAKE 30% AT 0.5R
WHEN best >= 0.2R THEN MOVE STOP TO trail(2 ATR)
WHEN profit >= 0.1R THEN ADD 50%
WHEN held >= 6m THEN CLOSE
"""
POP = """
PLAN btc_pop "The other way, half of it closed by a rule."
TRADE btc ON M1
WHEN rsi(3) CROSSES ABOVE 65
THEN SELL RISK 0.1% STOP 0.8% TARGET 1.5R
WHEN rsi(3) < 45 THEN CLOSE 50%
WHEN best >= 0.2R THEN MOVE STOP TO entry
WHEN held >= 4m THEN CLOSE
"""
WAITS = """
PLAN btc_waits "Orders that wait below the market, and are taken back."
TRADE btc ON M1
WHEN close < open
THEN BUY RISK 0.1% AT LIMIT close - 0.2 ATR FOR 3 bars STOP 0.8% TARGET 1R
WHEN best >= 0.3R THEN MOVE STOP TO trail(1 ATR)
WHEN close > highest(4)[1] THEN CANCEL
WHEN held >= 3m THEN CLOSE
"""
RESTS = """
GUARD btc_rests "Too much lost lately: ten minutes of nothing."
COVERS PLANS btc_pop
WHEN trades.realised_loss(1h) > 60 USD THEN HALT FOR 10m
"""
LONGEST = {"btc_dip": 6, "btc_pop": 4, "btc_waits": 3, "btc_pullback": 40}
"""Minutes after which a plan closes whatever it has."""

HEDGING = {
    "dip.plan": DIP,
    "pop.plan": POP,
    "waits.plan": WAITS,
    "pullback.plan": PULLBACK.format(market="btc", timeframe="M1", hold="40m"),
    "rests.plan": RESTS,
}
NETTING = {"dip.plan": DIP}
"""A netting account holds one position a market, so one plan."""
