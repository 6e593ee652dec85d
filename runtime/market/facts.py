"""The market facts that checking a plan needs, read from the profiles without pydantic or numpy."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tradeplan.dsl.catalog.market import MarketFacts, Markets
from tradeplan.plans import symbols
from tradeplan.runtime.market.errors import ProfileError
from tradeplan.runtime.market.settings import FileSettings, read_toml

SHIPPED = Path(str(symbols.__file__)).parent
"""The folder of the profiles that come with the program."""
OWN = "TRADEPLAN_PROFILES"
"""The environment variable that names a folder of profiles of one's own, for all commands alike."""

_PLAIN_TEXT = r'"[ !#-\[\]-~]*"'
_PLAIN_LINE = re.compile(
    rf"([a-z_]+) = (true|false|(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|{_PLAIN_TEXT}|\[{_PLAIN_TEXT}(?:, {_PLAIN_TEXT})*\])"
)
_NUMBERS = ("point", "pip", "contract_size", "lot_min", "lot_step", "lot_max")


def profile_folders(own: Iterable[Path] = ()) -> list[Path]:
    """The folders of profiles, the shipped one first, then those given; without any that of TRADEPLAN_PROFILES.

    Raises ProfileError where that is no folder.
    """
    named = os.environ.get(OWN, "").strip()
    if named and not Path(named).is_dir():
        raise ProfileError(f"{OWN} names `{named}`, which is not a folder: expected one with a TOML file for a market")
    return [SHIPPED, *(tuple(own) or ((Path(named),) if named else ()))]


def profile_files(folder: Path) -> list[Path]:
    """The profile files of a folder in order of name; raises ProfileError if the folder cannot be read."""
    if not folder.is_dir():
        raise ProfileError(f"`{folder}` is not a folder: expected one with a TOML file for each market")
    return sorted(folder.glob("*.toml"))


def load_facts(
    *folders: Path,
    timeframes: dict[str, tuple[str, ...]] | None = None,
    streams: dict[str, tuple[str, ...]] | None = None,
) -> Markets:
    """The facts of the shipped markets and those of `folders`, a later file taking the place of an earlier.

    Without `folders` those of the folder that TRADEPLAN_PROFILES names count.

    `timeframes` and `streams` tell what is stored by canonical name when data was given. Raises ProfileError.
    """
    found: dict[str, MarketFacts] = {}
    for folder in profile_folders(folders):
        for path in profile_files(folder):
            facts = _facts(path, timeframes, streams)
            if folder != SHIPPED:
                dict(facts.settings)  # a wrong number is told now, not in the middle of a check
            found[facts.name] = facts
    _refuse_shared_names(found.values())
    return Markets(found.values())


def _refuse_shared_names(facts: Iterable[MarketFacts]) -> None:
    owners: dict[str, str] = {}
    for market in facts:
        for name in market.names:
            owner = owners.setdefault(name, market.name)
            if owner != market.name:
                raise ProfileError(f"`{name}` is claimed by `{owner}` and by `{market.name}`: keep one")


def _facts(
    path: Path, stored: dict[str, tuple[str, ...]] | None, streams: dict[str, tuple[str, ...]] | None
) -> MarketFacts:
    # what stands above the first table is all that is needed; the tables are the runtime's business
    try:
        head = path.read_text(encoding="utf-8").partition("\n[")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path.name}: cannot be read as text ({error})") from None
    table = plain_lines(head)
    if table is None:
        table = read_toml(head, path.name)
    names = _names(path, table)
    numbers = [_number(path, table, key) for key in _NUMBERS]
    point, pip, contract, lot_min, lot_step, lot_max = numbers
    digits = table.get("digits")
    if type(digits) is not int or not 0 <= digits <= 8:
        raise ProfileError(f"{path.name}: `digits` is `{digits}`: expected a whole number from 0 to 8")
    tradable = table.get("tradable", True)
    if type(tradable) is not bool:
        raise ProfileError(f"{path.name}: `tradable` is `{tradable}`: expected `true` or `false`")
    return MarketFacts(
        names=names,
        digits=digits,
        point=point,
        pip=pip,
        contract_size=contract,
        quote_currency=_text(path, table, "profit_currency"),
        account_currency=_text(path, table, "account_currency", "USD"),
        lot_min=lot_min,
        lot_max=lot_max,
        lot_step=lot_step,
        tradable=tradable,
        settings=FileSettings(path),
        base_currency=_text(path, table, "base_currency"),
        timeframes=None if stored is None else stored.get(names[0], ()),
        streams=None if streams is None else streams.get(names[0], ()),
    )


def plain_lines(text: str) -> dict[str, Any] | None:
    """What `tomllib` says of a text of comments and of keys with a plain number, text or list of texts; else None.

    Every check reads all profiles, and the library takes several times as long for them.
    """
    found: dict[str, Any] = {}
    for line in text.split("\n"):
        if not line or (line[0] == "#" and line.isprintable()):
            continue
        parts = _PLAIN_LINE.fullmatch(line)
        if parts is None or parts[1] in found:
            return None
        found[parts[1]] = json.loads(parts[2])  # such values are spelled alike in both
    return found


def _names(path: Path, table: dict[str, Any]) -> tuple[str, ...]:
    names = table.get("names")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ProfileError(f'{path.name}: `names` is `{names}`: expected a list of names such as `["gold", "xauusd"]`')
    return tuple(names)


def _number(path: Path, table: dict[str, Any], key: str) -> float:
    value = table.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise ProfileError(f"{path.name}: `{key}` is `{value}`: expected a number above 0")
    return float(value)


def _text(path: Path, table: dict[str, Any], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not value:
        raise ProfileError(f"{path.name}: `{key}` is `{value}`: expected a text such as `USD`")
    return value
