"""What buyers and sellers do: trades by their aggressor, ticks, and the order book. Needs data beyond bars."""
