"""Carrying a request out: orders, positions and deals made, faults of the way back included."""

from __future__ import annotations

from typing import Any

from .faults import Faults
from .records import BUY, Order
from .sequences import make
from .trading import CLOSE_BY, DEAL, MODIFY, PENDING, REMOVE, SLTP, WORDS, Desk, Refused, lots


class Sender:
    """Sends requests to the desk; every request gets a number, every answer has the package's shape."""

    def __init__(self, desk: Desk, faults: Faults) -> None:
        self.desk, self.faults = desk, faults
        self.requests = 0
        # every request that reached the server, with the time and the retcode: what tests count
        self.log: list[dict[str, Any]] = []

    def check(self, request: dict[str, Any], now: int) -> Any:
        """OrderCheckResult of a request."""
        return self.desk.checked(
            make("TradeRequest", **request), request, self._retcode(request, now, "order_check"), now
        )

    def send(self, request: dict[str, Any], now: int) -> Any:
        """OrderSendResult of a request, carried out if it passes."""
        self.requests += 1
        retcode = self._retcode(request, now, "order_send")
        given = dict(request)
        answer: dict[str, Any] = {"retcode": retcode or 10009, "request_id": self.requests}
        if retcode == 0:
            answer |= self._carry_out(request, now)
            if self.faults.due("doubled", "order_send"):
                self._carry_out(request, now)
            if self.faults.due("bare", "order_send") is not None:
                answer |= {"deal": 0, "price": 0.0, "volume": 0.0}
        market = self.desk.ledger.markets.get(request["symbol"])
        quote = market.quote(now) if market else None
        if quote is not None and request["action"] == DEAL:
            answer = {"bid": quote.bid, "ask": quote.ask} | answer
        answer["comment"] = WORDS.get(answer["retcode"], "Error")
        self.log.append({"time": now, "retcode": answer["retcode"], "order": answer.get("order", 0), **given})
        return make("OrderSendResult", request=make("TradeRequest", **given), **answer)

    def _retcode(self, request: dict[str, Any], now: int, call: str) -> int:
        fault = self.faults.due("refuse", call)
        if fault is not None:
            return int(fault.get("retcode", 10006))
        try:
            self.desk.judge(request, now)
        except Refused as refused:
            return refused.retcode
        return 0

    def _carry_out(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        made = {DEAL: self._deal, PENDING: self._pending, SLTP: self._sltp, MODIFY: self._modify}
        made |= {REMOVE: self._remove, CLOSE_BY: self._close_by}
        return made[request["action"]](request, now)

    def _order(self, request: dict[str, Any], now: int, price: float) -> Order:
        fault = self.faults.due("comment", "order_send")
        comment = request["comment"] if fault is None else request["comment"][: int(fault.get("length", 16))]
        stops = (request["sl"], request["tp"], request["magic"], comment)
        order = Order(
            self.desk.ledger.ticket(), request["symbol"], request["type"], request["volume"], price, *stops, now
        )
        order.filling, order.lifetime, order.expiration = (
            request["type_filling"],
            request["type_time"],
            request["expiration"],
        )
        order.stoplimit = request["stoplimit"]
        return order

    def _deal(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        ledger, kind = self.desk.ledger, request["type"]
        quote, spec = self.desk.quote(request["symbol"], now), ledger.markets[request["symbol"]].symbol
        slip = self.desk.slippage.get(request["symbol"], 0.0) * spec.point
        price = spec.price(quote.ask + slip if kind == BUY else quote.bid - slip)
        order, volume, retcode = self._order(request, now, price), request["volume"], 10009
        part = self.faults.due("partial", "order_send")
        if part is not None:
            steps = int(volume * float(part.get("part", 0.5)) / spec.volume_step + 1e-9)
            volume, retcode = lots(max(steps, 1) * spec.volume_step), 10010
            order.left = lots(request["volume"] - volume)
        late = self.faults.due("late", "order_send") or next(
            (f for f in self.faults.planned if f.kind == "bare" and f.times and not f.skip), None
        )
        lag = self.faults.due("lag", "order_send")
        shown = max(int(fault.get("late", 0)) if fault else 0 for fault in (late, lag))
        split, rest = self.faults.due("split", "order_send"), 0.0
        if split is not None:
            first = lots(max(int(volume * float(split.get("part", 0.5)) / spec.volume_step), 1) * spec.volume_step)
            volume, rest = first, lots(volume - first)
        deal = ledger.execute(order, volume, price, now, late=shown, position=request["position"])
        if lag is not None and late is None:
            ledger.show(deal.position_id, now)
        if split is not None and rest > 0:
            ledger.fill_on(deal, order, rest, price, now, int(split.get("late", 0)))
            volume = lots(volume + rest)
        ledger.finish(order, "FILLED" if retcode == 10009 else "CANCELED", now)
        return {"retcode": retcode, "deal": deal.ticket, "order": order.ticket, "volume": volume, "price": price}

    def _pending(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        order = self._order(request, now, request["price"])
        self.desk.ledger.orders.append(order)
        return {"order": order.ticket, "volume": order.volume, "price": order.price}

    def _sltp(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        held = self.desk.held(request)
        held.sl, held.tp, held.updated = request["sl"], request["tp"], now
        return {}

    def _modify(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        order = self.desk.pending(request)
        order.price, order.sl, order.tp = request["price"], request["sl"], request["tp"]
        order.stoplimit, order.lifetime = request["stoplimit"], request["type_time"]
        order.expiration = request["expiration"]
        return {"order": order.ticket}

    def _remove(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        order = self.desk.pending(request)
        self.desk.ledger.finish(order, "CANCELED", now)
        return {"order": order.ticket}

    def _close_by(self, request: dict[str, Any], now: int) -> dict[str, Any]:
        order = self._order(request, now, 0.0)
        self.desk.close_by(request, order, now)
        return {"order": order.ticket}
