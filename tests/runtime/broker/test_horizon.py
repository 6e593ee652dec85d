"""How far back the broker's history is read: a day after anything out of the ordinary, some hours else."""

from __future__ import annotations

from tradeplan.runtime.broker.horizon import CALM_SECONDS, DAY, LEAP, NEAR, Horizon

T0 = 1_700_000_000


class Watch:
    """A timer that a test moves, with a broker's clock and a quote that go along; looks every `pause` seconds."""

    def __init__(self) -> None:
        self.spent = 0.0
        self.horizon = Horizon(lambda: self.spent)
        self.horizon.restart()
        self.now = self.quote = T0

    def look(self, seconds: float, pause: int = 20) -> int:
        """Look for so long; how far before now the last look reaches."""
        for _ in range(round(seconds / pause)):
            self.spent += pause
            self.now += pause
            self.quote += pause
            self.horizon.seen(self.quote, self.now)
        return self.back()

    def back(self) -> int:
        return self.now - self.horizon.begin((T0 - 3 * DAY) * 1000, self.now)


def calm() -> Watch:
    watch = Watch()
    assert watch.look(CALM_SECONDS + 40) == NEAR
    return watch


def test_a_day_is_read_until_an_hour_has_gone_well() -> None:
    watch = Watch()
    assert watch.horizon.begin(0, T0) == T0 - DAY
    # before the first look the newest deal says how long somebody was away
    assert watch.back() == 4 * DAY
    assert watch.look(CALM_SECONDS) == DAY
    assert watch.look(40) == NEAR


def test_after_a_failure_it_is_a_day_again_for_an_hour() -> None:
    watch = calm()
    watch.horizon.anew()
    assert watch.back() == DAY
    assert watch.look(CALM_SECONDS) == DAY
    assert watch.look(40) == NEAR


def test_a_leap_of_either_clock_is_such_a_failure() -> None:
    for leap in (LEAP + 60, -LEAP - 60):
        watch = calm()
        watch.quote += leap
        assert watch.look(20) == DAY - leap
        assert watch.look(CALM_SECONDS - 20) == DAY - leap
        watch = calm()
        watch.now += leap
        assert watch.look(20) == DAY + leap


def test_while_nobody_looked_nothing_is_left_out() -> None:
    """Three hours of sleep, which the timer does not count: the first look reaches back from the last quote before."""
    watch = calm()
    before = watch.quote
    watch.now += 3 * 3600
    assert watch.now - watch.back() == before - NEAR
    watch.quote += 3 * 3600
    assert watch.look(20) == DAY


def test_what_is_open_is_never_before_the_beginning() -> None:
    """An order that has waited for nine hours may end any moment; one that has waited for days is as before."""
    watch = calm()
    watch.horizon.keep([watch.now - 9 * 3600, watch.now - 60])
    assert watch.back() == 9 * 3600 + NEAR
    watch.horizon.keep([watch.now - 9 * DAY])
    assert watch.back() == DAY
    watch.horizon.keep([])
    assert watch.back() == NEAR


def test_a_quote_from_the_future_hides_no_deal() -> None:
    """One symbol's quote is ten hours ahead, and stays so: this machine's clock holds the beginning back."""
    watch = calm()
    watch.quote += 10 * 3600
    watch.look(CALM_SECONDS + 40)
    assert watch.back() == NEAR
    # and the other way: this machine's clock is ahead, the quotes are right
    watch = calm()
    watch.now += 10 * 3600
    watch.look(CALM_SECONDS + 40)
    assert watch.now - watch.back() == watch.quote - NEAR
