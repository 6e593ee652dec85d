"""What the language knows of functions, markets and words: handed to it, never imported by it."""

from tradeplan.dsl.catalog.catalog import Catalog
from tradeplan.dsl.catalog.enumerations import (
    ENUMERATIONS,
    ORDERED,
    SIDE_WORDS,
    STREAMS_OF_WORDS,
    UNRESERVED,
    ZONES,
    word_value,
)
from tradeplan.dsl.catalog.function import (
    Calendar,
    Companion,
    Feature,
    Field,
    Function,
    Gap,
    Named,
    Output,
    Parameter,
    Read,
    SameAs,
    Scale,
)
from tradeplan.dsl.catalog.market import MarketFacts, Markets

__all__ = [
    "ENUMERATIONS",
    "ORDERED",
    "SIDE_WORDS",
    "STREAMS_OF_WORDS",
    "UNRESERVED",
    "ZONES",
    "Calendar",
    "Catalog",
    "Companion",
    "Feature",
    "Field",
    "Function",
    "Gap",
    "MarketFacts",
    "Markets",
    "Named",
    "Output",
    "Parameter",
    "Read",
    "SameAs",
    "Scale",
    "word_value",
]
