"""Loads symbol profiles from folders of TOML files and finds them by any of their names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from tradeplan.dsl.catalog import MarketFacts, Markets
from tradeplan.runtime.market.errors import ProfileError
from tradeplan.runtime.market.facts import profile_files, profile_folders
from tradeplan.runtime.market.profile import SymbolProfile
from tradeplan.runtime.market.sessions import parse_boundary
from tradeplan.runtime.market.settings import SETTINGS, allowed
from tradeplan.runtime.market.zones import zone

_BOUNDS = {"greater_than": "above {gt}", "greater_than_equal": "of at least {ge}", "less_than": "below {lt}"}
_BOUNDS |= {"less_than_equal": "of at most {le}"}
_TYPES = {"float": "a number", "int": "a whole number", "string": "a text in quotes", "bool": "`true` or `false`"}
_TYPES |= {"tuple": "a list in square brackets", "model": "a table", "finite": "a finite number"}


class Profiles:
    """Every known profile, by canonical name, alias or source symbol."""

    def __init__(self, profiles: Iterable[SymbolProfile]) -> None:
        """Raises ProfileError if two profiles claim one name."""
        self._profiles = {profile.name: profile for profile in profiles}
        self._by_name: dict[str, SymbolProfile] = {}
        for profile in self._profiles.values():
            for name in (*profile.names, *profile.symbols):
                other = self._by_name.setdefault(name, profile)
                if other is not profile:
                    raise ProfileError(f"`{name}` is claimed by `{other.name}` and by `{profile.name}`: keep one")

    def get(self, name: str) -> SymbolProfile | None:
        """The profile of a name, alias or symbol, or None."""
        return self._by_name.get(name)

    def __getitem__(self, name: str) -> SymbolProfile:
        """The profile of a name, alias or symbol; raises ProfileError with the nearest known one."""
        profile = self.get(name)
        if profile is None:
            near = get_close_matches(name.lower(), self._profiles, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(self._profiles)}"
            raise ProfileError(f"no profile for market `{name}`: {hint}")
        return profile

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[SymbolProfile]:
        return iter(self._profiles.values())

    def __len__(self) -> int:
        return len(self._profiles)

    def with_account(self, currency: str) -> Profiles:
        """The same profiles on an account kept in another currency or unit."""
        return Profiles(p.model_copy(update={"account_currency": currency}) for p in self)

    def with_day(self, boundary: str) -> Profiles:
        """The same profiles at a broker whose day begins at a boundary such as `17:00 America/New_York`.

        Raises ValueError for a text that is none.
        """
        zone(parse_boundary(boundary)[1])
        return Profiles(p.model_copy(update={"day_boundary": boundary}) for p in self)

    def facts(self) -> Markets:
        """What checking a plan needs of these profiles; nothing is said about which data there is."""
        return Markets(
            MarketFacts(
                names=p.names,
                digits=p.digits,
                point=p.point,
                pip=p.pip,
                contract_size=p.contract_size,
                quote_currency=p.profit_currency,
                account_currency=p.account_currency,
                lot_min=p.lot_min,
                lot_max=p.lot_max,
                lot_step=p.lot_step,
                tradable=p.tradable,
                settings=p.settings,
                base_currency=p.base_currency,
            )
            for p in self
        )


def load_profiles(*folders: Path) -> Profiles:
    """The shipped profiles and those of `folders`, where a later file of the same market takes the place of an earlier.

    Without `folders` those of the folder that TRADEPLAN_PROFILES names count.
    Raises ProfileError that tells every wrong key of the first wrong file.
    """
    found: dict[str, SymbolProfile] = {}
    for folder in profile_folders(folders):
        for path in profile_files(folder):
            profile = load_profile(path)
            found[profile.name] = profile
    return Profiles(found.values())


def load_profile(path: Path) -> SymbolProfile:
    """One profile; raises ProfileError that names the file and each wrong key with what was expected."""
    try:
        return parse_profile(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path.name}: cannot be read as text ({error})") from None


def parse_profile(text: str, name: str) -> SymbolProfile:
    """A profile from TOML text; `name` is the file name that messages show."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{name}: not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}") from None
    try:
        return SymbolProfile.model_validate(table)
    except ValidationError as error:
        lines = [_line(detail) for detail in error.errors(include_url=False)]
        raise ProfileError("\n".join(f"{name}: {line}" for line in lines)) from None


def _line(detail: ErrorDetails) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    key = _key(detail["loc"])
    if kind == "extra_forbidden":
        near = get_close_matches(str(detail["loc"][-1]), _known_keys(detail["loc"][:-1]), n=1)
        return f"unknown key `{key}`" + (f": did you mean `{near[0]}`?" if near else ": remove it")
    if kind == "missing":
        return f"`{key}` is missing: every profile needs it"
    if kind == "value_error":
        shown = (
            f"`{key}` is `{_shown(value)}`: "
            if key and not isinstance(value, dict)
            else f"{f'`{key}`: ' if key else ''}"
        )
        return shown + str(context.get("error", detail["msg"]))
    if key in SETTINGS:
        return f"`{key}` is `{_shown(value)}`: expected {allowed(SETTINGS[key])}"
    return f"`{key}` is `{_shown(value)}`: expected {_expected(kind, context)}"


def _expected(kind: str, context: dict[str, Any]) -> str:
    if kind in _BOUNDS:
        return "a number " + _BOUNDS[kind].format(**context)
    if kind == "literal_error":
        return f"one of {context['expected']}".replace("'", "`")
    if kind in {"too_short", "too_long"}:
        least, most = context.get("min_length"), context.get("max_length")
        return f"{least} values or more" if most is None else f"{most} values, found {context['actual_length']}"
    if kind == "string_pattern_mismatch":
        return "a currency code in capitals such as `USD` or `USC`"
    prefix = kind.split("_", 1)[0]
    return _TYPES.get(prefix, "another value")


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    model: Any = SymbolProfile
    for part in path:
        model = model.model_fields[part].annotation
    return list(model.model_fields)


def _key(path: tuple[int | str, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _shown(value: object) -> str:
    text = str(list(value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
