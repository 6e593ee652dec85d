"""Turns deals of the broker's history into acts: whose leg was filled, opened or closed, at what price and cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradeplan.runtime.broker.acts import Act, Batch
from tradeplan.runtime.broker.clock import BrokerTimes
from tradeplan.runtime.broker.identity import STOP_PASSED, TARGET_PASSED, is_ours, magic_of
from tradeplan.runtime.broker.memory import Link, Memory
from tradeplan.runtime.broker.numbers import Known
from tradeplan.runtime.broker.reading import Reading
from tradeplan.runtime.broker.requests import Traded
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.wanted import Held, Holding
from tradeplan.runtime.mt5 import constants as mt5
from tradeplan.runtime.mt5.structs import TradeDeal

_OUT = (mt5.DEAL_ENTRY_OUT, mt5.DEAL_ENTRY_OUT_BY, mt5.DEAL_ENTRY_INOUT)
_SERVER = {mt5.DEAL_REASON_SL: "stop", mt5.DEAL_REASON_SO: "stop_out"}
_REOPENED = (mt5.DEAL_REASON_ROLLOVER, mt5.DEAL_REASON_VMARGIN, mt5.DEAL_REASON_SPLIT)
"""A night, a margin or a split by which the broker closes a position and opens it again: the identifier stays."""
_MONEY = (mt5.DEAL_TYPE_BALANCE, mt5.DEAL_TYPE_CREDIT, mt5.DEAL_TYPE_BONUS)


def cents(amount: float) -> int:
    """Account currency in whole cents."""
    return round(amount * 100.0)


def new_deals(reading: Reading, memory: Memory) -> list[TradeDeal]:
    """The deals that the journal does not have, oldest first."""
    return sorted((d for d in reading.deals if not memory.entered(d.ticket)), key=lambda d: (d.time_msc, d.ticket))


def as_one(deals: list[TradeDeal]) -> list[tuple[TradeDeal, list[int]]]:
    """Deals, those by which one order opened or grew one position together: at their average price, all money added.

    An order may be filled by several, and an ADD is entered once. With each the tickets of the others.
    """
    found: dict[tuple[int, ...], tuple[TradeDeal, list[int]]] = {}
    for deal in deals:
        key = (deal.order, deal.position_id) if deal.order and deal.entry == mt5.DEAL_ENTRY_IN else (-deal.ticket,)
        if key not in found:
            found[key] = deal, []
            continue
        one, also = found[key]
        volume = Decimal(repr(one.volume)) + Decimal(repr(deal.volume))
        money = {name: getattr(one, name) + getattr(deal, name) for name in ("commission", "swap", "profit", "fee")}
        price = (one.price * one.volume + deal.price * deal.volume) / float(volume)
        price = one.price if one.price == deal.price else price
        found[key] = one._replace(volume=float(volume), price=price, **money), [*also, deal.ticket]
    return list(found.values())


def acts_of(
    deal: TradeDeal, engine: Engine, memory: Memory, reading: Reading, traded: dict[str, Traded], clock: BrokerTimes
) -> Batch:
    """What one deal means for the run; nothing for deals of others."""
    if deal.type in _MONEY:
        return [Act("book", _deal_of(deal) | {"amount": round(deal.profit, 2)})] if deal.profit else []
    if deal.reason in _REOPENED or deal.type not in (mt5.DEAL_TYPE_BUY, mt5.DEAL_TYPE_SELL):
        return []  # charges and corrections: the balance tells
    if deal.entry == mt5.DEAL_ENTRY_IN:
        known = memory.known.get(deal.magic) or memory.known.by_comment(deal.comment)
        sl = next((p.sl for p in reading.positions if p.identifier == deal.position_id), None)
        if known is None and deal.magic in memory.closing:  # a close came late, when there was nothing left to close
            return [Act("orphan", _orphan(deal))]
        return [] if known is None else _opened(deal, known, sl, engine, memory, traded, clock)
    link = memory.links.get(deal.position_id)
    if deal.entry in _OUT and link is not None:
        return _closed(deal, link, engine, reading, traded, clock)
    if deal.entry in _OUT and deal.position_id in memory.orphans:
        # what it brought is in the balance; the store knows every deal of this program
        return [Act("orphan", _deal_of(deal) | {"identifier": deal.position_id, "symbol": deal.symbol})]
    return []


def _deal_of(deal: TradeDeal) -> dict[str, Any]:
    return {"deal": deal.ticket, "deal_msc": deal.time_msc, "order": deal.order}


def _when(deal: TradeDeal, clock: BrokerTimes) -> int:
    """UTC ms of a deal, never later than now: a server's clock may have been put forward and nobody knows it yet."""
    return min(clock.to_utc_ms(deal.time_msc / 1000), clock.now())


def _orphan(deal: TradeDeal) -> dict[str, Any]:
    return _deal_of(deal) | {"identifier": deal.position_id, "magic": deal.magic, "symbol": deal.symbol}


def _opened(
    deal: TradeDeal,
    known: Known,
    stop: float | None,
    engine: Engine,
    memory: Memory,
    traded: dict[str, Traded],
    clock: BrokerTimes,
) -> Batch:
    body = _deal_of(deal) | {"identifier": deal.position_id, "magic": deal.magic, "intent": known.intent}
    body |= {"plan": known.plan, "sl": stop}
    time, price = _when(deal, clock), deal.price
    commission = -cents(deal.commission + deal.fee)
    netting = engine.account.netting
    for order in engine.orders():
        if order.intent == known.intent:
            units = traded[order.market].units(deal.volume)
            parts = [(x.leg, x.units) for x in order.legs if netting or x.leg == known.part or order.about == "add"]
            told = {"time": time, "price": price, "reason": order.about, "rule": order.rule}
            return _split(parts, units, commission, 0, body | told | {"link": -1 if netting else parts[0][0]})
    for holding in engine.holdings():
        # a further leg of its entry, or the rest of one that filled in part
        link = _entry_link(memory, holding.plan, known)
        if holding.plan == known.plan and link is not None and known.part in holding.waits and known.leg == "entry":
            units = traded[holding.market].units(deal.volume)
            told = {"time": time, "price": price, "reason": "entry", "rule": -1}
            return _split(
                [(known.part, units)], units, commission, 0, body | told | {"link": link.leg if netting else known.part}
            )
    return [Act("orphan", body | {"symbol": deal.symbol})]


def _entry_link(memory: Memory, plan: str, known: Known) -> Link | None:
    return next((x for x in memory.latest(plan) if x.intent == known.intent), None)


def _closed(
    deal: TradeDeal, link: Link, engine: Engine, reading: Reading, traded: dict[str, Traded], clock: BrokerTimes
) -> Batch:
    holding = next((h for h in engine.holdings() if h.plan == link.plan), None)
    body = _deal_of(deal) | {"identifier": link.identifier, "plan": link.plan, "magic": deal.magic}
    if holding is None:
        return [Act("orphan", body | {"symbol": deal.symbol})]
    open_legs = [x for x in holding.legs if link.leg in (-1, x.leg)]
    units = min(traded[holding.market].units(deal.volume), sum(x.units for x in open_legs))
    reason, legs = _why(deal, holding, open_legs)
    body |= {"time": _when(deal, clock), "price": deal.price, "deal_swap": 0.0}
    body |= {"reason": reason, "rule": legs[0].rule if legs and reason in ("close", "take") else -1}
    profit, commission = cents(deal.profit), -cents(deal.commission + deal.fee)
    batch: Batch = []
    left = next((p.swap for p in reading.positions if p.identifier == link.identifier), 0.0)
    nights = cents(deal.swap) + link.realised + cents(left) - link.charged
    if nights and legs:
        night = {"plan": link.plan, "leg": legs[0].leg, "amount": nights, "time": body["time"]}
        batch.append(Act("swap", night | {"identifier": link.identifier}))
    batch += _split([(x.leg, x.units) for x in legs], units, commission, profit, body)
    if batch:
        batch[-1].body["deal_swap"] = cents(deal.swap)
    if deal.entry == mt5.DEAL_ENTRY_INOUT and is_ours(deal.magic):
        batch.append(Act("orphan", _orphan(deal)))  # more was closed than there was: the rest is nobody's
    return batch


def _why(deal: TradeDeal, holding: Holding, legs: list[Held]) -> tuple[str, list[Held]]:
    """The reason of an exit, and the legs that it closes, in their order."""
    if deal.reason in _SERVER:
        return _SERVER[deal.reason], legs
    if deal.magic == magic_of(deal.position_id, STOP_PASSED):
        return "stop", legs
    if deal.reason == mt5.DEAL_REASON_TP or deal.magic == magic_of(deal.position_id, TARGET_PASSED):
        return ("take" if all(x.take for x in legs) else "target"), legs
    if deal.reason == mt5.DEAL_REASON_EXPERT and is_ours(deal.magic):
        asked = [x for x in legs if x.close]
        return (asked[0].reason if asked else "close"), [x._replace(units=x.close) for x in asked] + [
            x._replace(units=x.units - x.close) for x in reversed(legs) if x.units > x.close
        ]
    return "hand", legs[::-1]


def _split(parts: list[tuple[int, int]], units: int, commission: int, profit: int, body: dict[str, Any]) -> Batch:
    """One deal over several legs: units in order, money in proportion, what is left over to the last."""
    batch: Batch = []
    left, total = units, max(units, 1)
    for number, (leg, most) in enumerate(parts):
        part = left if number == len(parts) - 1 and body["reason"] in ("entry", "add") else min(most, left)
        if part <= 0:
            continue
        left -= part
        share = {"commission": commission * part // total, "profit": profit * part // total}
        batch.append(Act("fill", body | share | {"leg": leg, "units": part}))
    if batch:
        for name, whole in (("commission", commission), ("profit", profit)):
            batch[-1].body[name] += whole - sum(act.body[name] for act in batch)
    return batch
