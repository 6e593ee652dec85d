"""A seeded market simulator: what the runtime trades when there is no data."""

from tradeplan.runtime.market.simulator.dataset import DEFAULT_END, simulated_dataset
from tradeplan.runtime.market.simulator.models import MARKETS
from tradeplan.runtime.market.simulator.simulate import simulate

__all__ = ["DEFAULT_END", "MARKETS", "simulate", "simulated_dataset"]
