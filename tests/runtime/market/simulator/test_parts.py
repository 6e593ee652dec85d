"""The simulator's parts: noise that is fair and stable, regimes and shares that keep variance."""

from __future__ import annotations

import numpy as np
from tradeplan.runtime.market.simulator.models import PRIMARY
from tradeplan.runtime.market.simulator.noise import Stream
from tradeplan.runtime.market.simulator.regime import shaped
from tradeplan.runtime.market.simulator.volatility import variance_shares

WEEK = 10_080


def test_noise_has_mean_0_and_variance_1() -> None:
    # 400,000 draws: the mean's standard error is 0.0016, the variance's at most 0.0023; bounds at five of them.
    for values in (Stream(3, "a").bell(400_000), Stream(3, "b").flat(4, 100_000).ravel()):
        assert abs(values.mean()) < 0.008
        assert abs(values.var() - 1.0) < 0.012


def test_noise_is_symmetric_and_bounded_as_sums_of_uniforms_are() -> None:
    assert np.abs(Stream(1, "x").flat(1, 50_000)).max() <= 3**0.5
    assert np.abs(Stream(1, "x").bell(50_000)).max() <= 12**0.5
    uniform = Stream(1, "u").uniform(50_000)
    assert uniform.min() >= 0.0
    assert uniform.max() < 1.0


def test_streams_of_other_names_numbers_and_seeds_are_unrelated() -> None:
    base = Stream(7, "eurusd/path", 5).bell(20_000)
    for other in (Stream(7, "eurusd/path", 6), Stream(7, "gbpusd/path", 5), Stream(8, "eurusd/path", 5)):
        assert abs(np.corrcoef(base, other.bell(20_000))[0, 1]) < 0.036  # five standard errors of 1/sqrt(20,000)


def test_asking_for_more_noise_only_appends() -> None:
    assert np.array_equal(Stream(7, "w").bell(100, 12), Stream(7, "w").bell(2_900, 12)[:100])


def test_the_generator_is_pinned() -> None:
    # PCG64's raw output for this seed sequence, read straight from numpy and cut into 16 bits by hand.
    raw = int(np.random.PCG64(np.random.SeedSequence((7, 0x8CDC1683, 0))).random_raw())  # crc32 of "x"
    parts = [(raw >> shift) & 0xFFFF for shift in (0, 16, 32, 48)]
    expected = (sum(parts) - 4 * 32767.5) / (((65536**2 - 1) / 12) ** 0.5 * 2)
    assert abs(Stream(7, "x").bell(1)[0] - expected) < 1e-12


def test_regimes_keep_the_variance_of_moves_over_hours_and_part_trends_from_ranges() -> None:
    plain, bent = [], []
    for week in range(400):
        unit = Stream(5, "z", week).bell(WEEK)
        plain.append(unit.reshape(-1, 720).sum(axis=1))
        bent.append(shaped(unit, Stream(5, "r", week)).reshape(-1, 720).sum(axis=1))
    before, after = np.concatenate(plain), np.concatenate(bent)
    # 5,600 half days: the variance's standard error is 1.9 % (2.6 % with fat tails); bounds at about four of them.
    assert 0.9 < after.var() / before.var() < 1.1
    # Half days that go nowhere and half days that run: more of both than normal moves have (kurtosis 3, error 0.065).
    kurtosis = (after**4).mean() / (after**2).mean() ** 2
    assert kurtosis > 3.3
    assert np.mean(np.abs(after) < 0.2 * after.std()) > np.mean(np.abs(before) < 0.2 * before.std())


def test_a_weeks_variance_is_shared_out_whole_and_only_while_prices_live() -> None:
    for pulse in ("fx", "metal", "stock", "crypto"):
        share = variance_shares(pulse, 2_900)
        assert abs(share.sum() - 1.0) < 1e-9
        assert (share >= 0).all()
    # Saturday is day 6 of a week that begins on Sunday; its closed minutes hold nothing but the last, the jump.
    saturday = variance_shares("fx", 2_900)[6 * 1_440 :]
    assert (saturday[:-1] == 0).all()
    assert saturday[-1] > 0


def test_loadings_leave_room_for_a_markets_own_moves() -> None:
    for model in PRIMARY.values():
        assert sum(x * x for x in model.loadings) < 0.9, model.name
        assert abs(sum(x * x for x in model.loadings) + model.own**2 - 1.0) < 1e-12
