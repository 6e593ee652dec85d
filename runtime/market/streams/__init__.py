"""What a market tells beyond bars: ticks, trades, order books; in memory, in a store, and checked on the way in."""

from tradeplan.runtime.market.streams.events import Book, Stream, Ticks, Trades
from tradeplan.runtime.market.streams.memory import MemoryStreams, Streams

__all__ = ["Book", "MemoryStreams", "Stream", "Streams", "Ticks", "Trades"]
