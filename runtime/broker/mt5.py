"""MetaTrader 5 as the broker of a run: looks at the account, tells what happened, sends what is wanted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from tradeplan.runtime.broker.account import AccountRule, BrokerError
from tradeplan.runtime.broker.acts import Act, Batch
from tradeplan.runtime.broker.clock import BrokerTimes
from tradeplan.runtime.broker.closing import Closings
from tradeplan.runtime.broker.deals import acts_of, as_one, cents, new_deals
from tradeplan.runtime.broker.desk import Desk
from tradeplan.runtime.broker.entries import Entries
from tradeplan.runtime.broker.horizon import Horizon
from tradeplan.runtime.broker.identity import is_ours
from tradeplan.runtime.broker.limits import Limits
from tradeplan.runtime.broker.means import Means
from tradeplan.runtime.broker.reading import Reading, read
from tradeplan.runtime.broker.requests import Traded
from tradeplan.runtime.broker.watchman import Watchman, held_by_others
from tradeplan.runtime.engine.engine import Engine
from tradeplan.runtime.engine.wanted import Holding, Order
from tradeplan.runtime.live.words import Urgent
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.mt5.constants import DEAL_ENTRY_IN, DEAL_ENTRY_INOUT
from tradeplan.runtime.mt5.symbols import known
from tradeplan.runtime.mt5.terminal import BridgeError, Terminal
from tradeplan.runtime.store.journal import JournalEvent

PATIENCE_SECONDS = 10.0
"""How long the broker may take to show what it carried out, before something counts as not there."""
DAY_MS = 86_400_000
NEAR_MS = 60_000
"""How far back an instant may lie at which what others hold counts as it stands now."""


def no_point(name: str) -> None:
    """Nothing happens at the places where a crash would matter."""


Say = Callable[[str], None]


class Markets(dict[str, Traded]):
    """The markets of a run at the broker; one that is asked for first is looked up. Raises BrokerError."""

    def __init__(self, terminal: Terminal, profiles: Profiles) -> None:
        super().__init__()
        self._terminal, self._profiles = terminal, profiles

    def __missing__(self, market: str) -> Traded:
        self.update(resolve(self._terminal, {market: self._profiles[market]}))
        return self[market]


def resolve(terminal: Terminal, profiles: Mapping[str, SymbolProfile]) -> dict[str, Traded]:
    """The broker's symbol of each market, by the profile's names; it is put into Market Watch.

    Raises BrokerError for one that it does not have, BridgeError when the terminal does not answer.
    """
    infos = known(terminal, list(profiles.values()))
    found: dict[str, Traded] = {}
    for market, profile in profiles.items():
        info = infos.get(profile.name)
        if info is None:
            raise BrokerError(
                f"the broker has none of {', '.join(f'`{n}`' for n in profile.symbols)}, the symbols of `{market}`:"
                f" add its name for it to the profile of `{market}`"
            )
        terminal.call("symbol_select", info.name, True)
        deviation = max(10, round(3 * profile.costs.slippage))
        found[market] = Traded(market, info.name, profile.lot_step, profile.tick_size, deviation, profile)
    return found


class Mt5Broker:
    """A `Broker` (see acts.py) over a terminal.

    `point(name)` is called before and after each call that sends; `timer` counts seconds; `patience` is how long
    something may take to show.
    """

    def __init__(
        self,
        terminal: Terminal,
        clock: BrokerTimes,
        rule: AccountRule,
        limits: Limits,
        traded: dict[str, Traded],
        say: Say,
        point: Callable[[str], None] = no_point,
        timer: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.terminal, self.clock, self.rule = terminal, clock, rule
        self.traded = traded

        def said(text: str) -> None:
            say(Urgent(text, "order") if text.startswith("ALERT") else text)

        self.say = said
        self.patience = patience
        self.blocked: str | None = None  # why nothing at all is sent or entered
        self.held_back: str | None = None  # why no entry is sent
        self._reading: Reading | None = None
        self._failed = ""
        self._off: str | None = None  # why the terminal takes no orders of programs
        self._told, self._lacking = set[str](), set[str]()
        self._horizon = Horizon(timer)
        self._resumed = False
        means = Means(terminal, traded, clock, said, point, timer, lambda: self.patience)
        self.memory, self.answers = means.memory, means.answers
        self.watchman, self.entries = Watchman(means), Entries(means, limits)
        self.desk = Desk(means, self.watchman, self.entries, Closings(self.memory, means.patience, timer))

    @property
    def name(self) -> str:
        """What a journal remembers it by."""
        return f"mt5 {self.rule.name}"

    @property
    def ceiling(self) -> float:
        """Percent of equity that all stops together may cost; entries beyond it are refused."""
        return self.entries.limits.risk

    def remember(self, events: Iterable[JournalEvent], intents: Iterable[tuple[int, str, str]]) -> None:
        """Take down what the journal knows: its events, and its intents (id, plan, leg)."""
        self._resumed = False
        self._horizon.restart()
        self.memory.forget()
        for intent in intents:
            self.memory.learn(*intent)
        for event in events:
            self.memory.note(event.kind, event.body)

    def plan_of(self, ticket: int) -> str | None:
        """The plan whose position a ticket is, as far as the newest reading knows."""
        there = () if self._reading is None else self._reading.positions
        identifier = next((p.identifier for p in there if p.ticket == ticket), None)
        return None if identifier not in self.memory.links else self.memory.links[identifier].plan

    def note(self, act: Act) -> None:
        """An act of this broker has been journalled."""
        self.memory.note(act.kind, act.body)

    def read(self, engine: Engine, until: int | None = None) -> Iterator[Batch]:
        """Look at the broker and tell what happened since; nothing when it cannot be reached or is another account."""
        if not self._resumed:
            self._resumed = True
            self.entries.resume(engine)
        for order in engine.orders():
            self.memory.learn(order.intent, order.plan, order.leg)
        before, self._reading = self._reading, None
        everything: list[Holding | Order] = [*engine.holdings(), *engine.orders()]
        self._horizon.keep(self._open(everything, before))
        try:
            for wanted in everything:
                self._tradable(wanted)
        except BridgeError as error:
            self._tell_once(f"the terminal does not answer: {error}")
            return
        self._reading = reading = self._look()
        if reading is None:
            return
        if self.memory.attached is None:
            yield [self._attach(reading)]
        self._tell_switch(_switched_off(reading))
        fresh = new_deals(reading, self.memory)
        if until is not None:
            fresh = [x for x in fresh if self.clock.to_utc_ms(x.time_msc / 1000) <= until]
        for deal, also in as_one(fresh):
            batch = acts_of(deal, engine, self.memory, reading, self.traded, self.clock)
            if batch and also:
                batch[-1].body["also"] = also
            for act in batch:
                if act.kind == "orphan" and deal.entry in (DEAL_ENTRY_IN, DEAL_ENTRY_INOUT):
                    self.say(f"ALERT: {deal.symbol} {deal.position_id} filled and nobody waits for it: it is closed")
                elif act.kind == "fill" and act.body["reason"] == "hand":
                    self.say(
                        f"`{act.body['plan']}`: {deal.volume:g} lots of {deal.symbol} {deal.position_id} were closed by"
                        f" hand at {deal.price:g}"
                    )
                    break
            if batch:
                yield batch
        if until is not None:
            if until >= self.clock.now() - NEAR_MS:  # what is caught up with knew nothing of prices of now
                yield from self.watchman.others(engine, reading)
            return
        quotes = max((int(x.time) for x in reading.ticks.values()), default=0)
        self._horizon.seen(quotes, self.clock.to_broker(self.clock.now()))
        yield from self.entries.look_up(engine, reading)
        yield from self.watchman.acts(engine, reading)

    def carry_out(self, engine: Engine) -> Iterator[Batch]:
        """Send what the engine wants and the broker does not have, by the newest reading."""
        reading = self._reading
        if reading is None:
            return
        try:
            for order in engine.orders():
                if not self._tradable(order):
                    yield self.entries.over(order, None)
                    return
            reading = self._reading or reading
            for order in engine.orders():
                self.memory.learn(order.intent, order.plan, order.leg)
            yield from self.desk.carry_out(engine, reading, self.held_back or _switched_off(reading))
        except BridgeError as error:
            self._tell_once(f"the terminal does not answer: {error}")
        if answered := self.answers.take():
            yield answered

    def _tradable(self, wanted: Order | Holding) -> bool:
        """Whether the broker has the market of an order or position; a new one is in the next reading.

        Raises BridgeError when nobody answers: that is no broker without the market, and nothing is refused for it.
        """
        try:
            new = wanted.market not in self.traded
            symbol = self.traded[wanted.market].symbol
            return not new or self._reading is None or symbol in self._reading.symbols or self._again()
        except BrokerError as error:
            text = f"`{wanted.plan}`: {error}"
            if text not in self._lacking:
                self._lacking.add(text)
                self.say(text)
            return False

    def _again(self) -> bool:
        self._reading = self._look() or self._reading
        return True

    def _look(self) -> Reading | None:
        """One reading that this run may act on."""
        now = self.clock.to_broker(self.clock.now())
        begin = self._horizon.begin(self.memory.newest, now)
        found = read(self.terminal, begin, now, [t.symbol for t in self.traded.values()])
        if isinstance(found, str):
            self._tell_once(found)
            return None
        objection = self.rule.objection(found.account)
        if objection is not None:
            self.blocked = objection
            self._tell_once(f"ALERT: nothing is sent: {objection}")
            return None
        if not found.terminal.connected:
            self._tell_once("the terminal has no connection to the broker")
            return None
        if self._failed:
            self._told.clear()
            self.say("the broker can be read again")
            # INVARIANT: what is not shown counts as not there only after so long of looking, not of being away
            self.entries.look_anew()
            self.watchman.look_anew()
        self.blocked, self._failed = None, ""
        return found

    def _open(self, everything: list[Holding | Order], reading: Reading | None) -> Iterator[int]:
        """Since when each order and position has been open: those of the engine, and ours at the broker."""
        for x in everything:
            yield self.clock.to_broker(x.opened if isinstance(x, Holding) else x.time)
        if reading is not None:
            yield from (p.time for p in reading.positions if is_ours(p.magic) or p.identifier in self.memory.links)
            yield from (o.time_setup for o in reading.orders if is_ours(o.magic))

    def _attach(self, reading: Reading) -> Act:
        newest = max((d.ticket for d in reading.deals), default=0)
        account = reading.account
        body = {"login": account.login, "server": account.server, "last_deal": newest}
        from_msc = self.clock.to_broker(self.clock.now()) * 1000
        body |= {"others": held_by_others(reading, self.memory), "from_msc": from_msc}
        return Act("attached", body | {"amount": cents(account.balance + account.credit)})

    @property
    def trouble(self) -> str:
        """Why nothing can be sent, empty if it can."""
        return self._failed or self._off or ""

    def _tell_switch(self, off: str | None) -> None:
        """Say it when the terminal or the account stops to take orders of programs, and when it takes them again."""
        if off != self._off:
            self.say(f"ALERT: nothing is sent: {off}" if off else "orders of programs are taken again")
        self._off = off

    def _tell_once(self, text: str) -> None:
        """Say what keeps the broker from being read, each reason once until it can be again; numbers are no reason."""
        self._failed = text
        self._horizon.anew()
        reason = re.sub(r"[0-9.]+", "", text)
        if reason not in self._told:
            self._told.add(reason)
            self.say(text)


def _switched_off(reading: Reading) -> str | None:
    """Why the terminal or the account takes no orders of programs."""
    if not reading.terminal.trade_allowed:
        return "algo trading is switched off in the terminal: press its button"
    if reading.terminal.tradeapi_disabled:
        return "the terminal's options forbid trading by the Python package"
    if not reading.account.trade_allowed or not reading.account.trade_expert:
        return "the account does not allow trading, or not by programs: is it an investor's login?"
    return None
