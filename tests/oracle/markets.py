"""Random markets: profiles, sessions and bars with gaps, missing timeframes, flat stretches, huge and tiny prices."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from tradeplan.dsl.catalog import Markets
from tradeplan.dsl.timeframe import milliseconds
from tradeplan.runtime.market.calendar import MarketCalendar
from tradeplan.runtime.market.dataset import Dataset
from tradeplan.runtime.market.profile import Costs, Margin, Sessions, Spread, Swap, SymbolProfile
from tradeplan.runtime.market.profiles import Profiles
from tradeplan.runtime.market.rates import Rates

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK_START = 1_704_067_200_000  # Monday 2024-01-01 00:00 UTC

FIVE_DAYS = Sessions(
    zone="UTC",
    sunday=("22:00-24:00",),
    monday=("00:00-24:00",),
    tuesday=("00:00-24:00",),
    wednesday=("00:00-24:00",),
    thursday=("00:00-24:00",),
    friday=("00:00-22:00",),
)
NEW_YORK = Sessions(
    zone="America/New_York",
    sunday=("17:00-24:00",),
    monday=("00:00-17:00", "18:00-24:00"),
    tuesday=("00:00-17:00", "18:00-24:00"),
    wednesday=("00:00-17:00", "18:00-24:00"),
    thursday=("00:00-17:00", "18:00-24:00"),
    friday=("00:00-17:00",),
)


@dataclass(frozen=True)
class RandomWorld:
    """What a random plan runs on; `span` is from the first finest open to the last finest close."""

    dataset: Dataset
    facts: Markets
    finest: str
    span: tuple[int, int]
    scale: float  # a usual bar's range of `red` in pips


def random_profile(r: Random, name: str, base: str, profit: str, sessions: Sessions) -> tuple[SymbolProfile, float]:
    """A profile and the price around which its bars move."""
    digits = r.choice([0, 1, 2, 3, 5])
    point = 10.0**-digits
    price = point * 10 ** r.uniform(3.3, 6.5)
    margin = r.choice([0.01, 0.05, 0.1, 0.3])
    contract = 10.0 ** round(np.log10(r.uniform(1_000, 50_000) / price))
    if r.random() < 0.3:  # 2 lots then take nearly all of 10,000 as margin, so that a stop-out is near
        contract = 4_800 / (price * margin)
    own = Random(f"{price} {contract}")  # of its own, so that the draws that follow stay what they are
    made = SymbolProfile(
        names=(name,),
        symbols=(name.upper(),),
        digits=digits,
        point=point,
        pip=point * r.choice([1, 10]),
        tick_size=point * r.choice([1, 1, 5]),
        contract_size=contract,
        base_currency=base,
        profit_currency=profit,
        lot_min=r.choice([0.1, 0.1, 0.2]),
        lot_step=0.1,
        lot_max=r.choice([2.0, 50.0]),
        day_boundary=r.choice(["00:00 UTC", "17:00 America/New_York", "22:00 UTC"]),
        stale_cadences=r.choice([2.0, 2.0, 3.0, 1.0]),
        max_signal_age=r.choice(["2m", "10m", "1d"]),
        gap=r.choice([None, 0.0, 0.1, 2.0]),
        margin=Margin(rate=margin, call=r.choice([100.0, 160.0, 400.0])),
        spread=Spread(by_hour=tuple(float(v) for v in Random(int(r.randint(0, 99))).choices(range(21), k=24))),
        costs=Costs(commission=r.choice([0.0, 3.5, 1.23]), slippage=float(r.choice([0, 1, 7]))),
        stops_level=own.choice([0, 0, 5, 40]),
        swap=Swap(
            mode=r.choice(["points", "money", "percent", "none"]),
            long=r.uniform(-20, 5),
            short=r.uniform(-20, 5),
            triple_day=r.choice(["wednesday", "friday", "none"]),
        ),
        sessions=sessions,
    )
    return made, price


def random_rates(
    seed: int, profile: SymbolProfile, timeframe: str, start: int, bars: int, price: float, holes: float
) -> Rates:
    """Bars on the grid inside sessions, some of them missing: a random walk with flat stretches, jumps and spikes.

    Made from a seed, because thousands of draws would be too many for hypothesis.
    """
    r = Random(seed)
    calendar = MarketCalendar(profile)
    length, tick = milliseconds(timeframe), profile.tick_size
    rows: list[tuple[int, float, float, float, float, int]] = []
    time, at, calm = start - start % length, price, 0
    spreads = r.choice([(0, 0), (0, 3), (1, 30)])
    wild = price * 10 ** r.uniform(-4.5, -2.5)
    while len(rows) < bars:
        opened = time
        time += length
        if not calendar.is_open_at(time):
            if rows and r.random() < 0.02:
                at *= 1 + r.uniform(-0.01, 0.01)
            continue
        if r.random() < holes:
            time += length * r.choice([0, 0, 1, 5])
            continue
        calm = calm - 1 if calm > 0 else (r.randint(3, 12) if r.random() < 0.01 else 0)
        move = 0.0 if calm else wild
        values = [max(tick, at + r.gauss(0, move)) for _ in range(3)]
        if r.random() < 0.1:
            at += r.gauss(0, 3 * move)
        opening = max(tick, at)
        closing = values[0]
        row = [round(v / tick) * tick for v in (opening, max(opening, *values), min(opening, *values), closing)]
        rows.append((opened, row[0], row[1], row[2], row[3], r.randint(*spreads)))
        at = row[3] + (0.0 if calm or r.random() < 0.7 else r.gauss(0, wild))
    columns = list(zip(*rows, strict=True))
    volume = np.array([float(r.randint(1, 99)) for _ in rows])
    return Rates(
        time=np.array(columns[0], dtype=np.int64),
        open=np.array(columns[1]),
        high=np.array(columns[2]),
        low=np.array(columns[3]),
        close=np.array(columns[4]),
        tick_volume=volume,
        spread=np.array(columns[5], dtype=np.int32),
        real_volume=np.zeros(len(rows)),
    )


def random_world(r: Random) -> RandomWorld:
    """`red` and `blue`, both tradable, and `yen`, which may be needed to convert their profits."""
    finest = r.choice(["M1", "M5", "M5", "M15"])
    length = milliseconds(finest)
    bars = r.randint(50, 400)
    start = WEEK_START + r.randint(0, 6) * DAY + r.choice([0, 3, 13, 20]) * HOUR
    profiles, rates = [], {}
    scale = 1.0
    for name, base in (("blue", "BLU"), ("red", "RED"), ("yen", "USD")):
        profit = "JPY" if name == "yen" or r.random() < 0.3 else "USD"
        sessions = r.choice([Sessions(always=True), FIVE_DAYS, FIVE_DAYS, NEW_YORK])
        profile, price = random_profile(r, name, base, profit, sessions)
        profiles.append(profile)
        if name == "yen" and r.random() < 0.2:
            continue
        holes = r.choice([0.0, 0.01, 0.1])
        own = random_rates(int(r.randint(0, 10**6)), profile, finest, start, bars, price, holes)
        rates[(name, finest)] = own
        if name == "red":
            scale = float(np.median(own.high - own.low)) / profile.pip
        if r.random() < 0.3:
            coarse = r.choice(["H1", "H4"])
            before = start - 40 * milliseconds(coarse)
            count = 40 + bars * length // milliseconds(coarse)
            rates[(name, coarse)] = random_rates(int(r.randint(0, 10**6)), profile, coarse, before, count, price, 0.05)
    known = Profiles(profiles)
    dataset = Dataset.from_rates(rates, known)
    span = dataset.bars("red", finest)
    assert span is not None
    return RandomWorld(
        dataset,
        known.facts(),
        finest,
        (int(span.open_time[0]), int(span.close_time[-1])),
        max(1.0, scale),
    )
