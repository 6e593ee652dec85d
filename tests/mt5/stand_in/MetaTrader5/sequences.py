"""Types shaped like the package's C struct sequences: tuples with attributes, `_asdict`, and nothing to pickle."""

from __future__ import annotations

import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

_HERE = Path(__file__).parent
INTERFACE: dict[str, Any] = json.loads((_HERE / "interface.json").read_text(encoding="utf-8"))
CONSTANTS: dict[str, int] = json.loads((_HERE / "constants.json").read_text(encoding="utf-8"))

FIELDS: dict[str, dict[str, str]] = {name: dict(fields) for name, fields in INTERFACE["struct_sequences"].items()}
RATES = np.dtype([(name, kind) for name, kind in INTERFACE["dtypes"]["rates"]])
TICKS = np.dtype([(name, kind) for name, kind in INTERFACE["dtypes"]["ticks"]])
_EMPTY: dict[str, Any] = {"int": 0, "float": 0.0, "str": "", "bool": False, "TradeRequest": None}


def _sequence(name: str, fields: tuple[str, ...]) -> type:
    def as_dict(self: Any) -> dict[str, Any]:
        return dict(zip(fields, self, strict=True))

    members: dict[str, Any] = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    members |= {"__slots__": (), "__module__": "builtins", "__match_args__": fields, "_asdict": as_dict}
    members |= {"n_fields": len(fields), "n_sequence_fields": len(fields), "n_unnamed_fields": 0}
    members["__repr__"] = lambda self: f"{name}({', '.join(f'{k}={v!r}' for k, v in as_dict(self).items())})"
    return type(name, (tuple,), members)


TYPES: dict[str, type] = {name: _sequence(name, tuple(fields)) for name, fields in FIELDS.items()}


_PLAIN: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
# of each field: its name, what it is when it is not given, and its type, None where it may be None
_ROWS = {name: [(f, _EMPTY[kind], _PLAIN.get(kind)) for f, kind in fields.items()] for name, fields in FIELDS.items()}


def make(name: str, /, **values: Any) -> Any:
    """A struct of this type; fields that are not named are 0, empty or False, and each has its type."""
    fields = FIELDS[name]
    unknown = values.keys() - fields.keys()
    if unknown:
        raise KeyError(f"{name} has no field {', '.join(sorted(unknown))}")
    row = []
    for field, empty, kind in _ROWS[name]:
        value = values.get(field, empty)
        if kind is not None and type(value) is not kind:
            if kind is not float or type(value) is not int:
                raise TypeError(f"{name}.{field} is {fields[field]}, not {value!r}")
            value = float(value)
        row.append(value)
    return TYPES[name](row)
