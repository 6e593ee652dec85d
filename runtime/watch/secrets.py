"""Secrets: found in the environment or the keyring, never in files or arguments, and hidden in all that is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

_PREFIX = "TRADEPLAN_"
_SECRET_NAMES = re.compile(r"NOTIFY|HEARTBEAT|TOKEN|PASSWORD|SECRET|KEY$")
_SHORTEST, _LONG = 6, 12
"""Shorter pieces, and those below the second length without a digit, are words that may stand anywhere."""
HIDDEN = "[secret]"


class SecretMissingError(ValueError):
    """Something that was asked for needs a secret that is nowhere; the message says where to put it."""


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """`TRADEPLAN_<NAME>` of the environment, else the keyring's entry of service `tradeplan`.

    Raises SecretMissingError when neither has it.
    """
    found = environment.get(_PREFIX + name.upper(), "").strip() or _from_keyring(name)
    if not found:
        raise SecretMissingError(
            f"there is no secret `{name}`: set the environment variable {_PREFIX}{name.upper()}, or store it once with"
            f" `keyring set tradeplan {name}`"
        )
    return found


def _from_keyring(name: str) -> str:
    try:
        import keyring  # optional, and its back ends take long to load
    except ImportError:
        return ""
    try:
        return (keyring.get_password("tradeplan", name) or "").strip()
    except Exception as error:  # a keyring without a back end, or a locked one: each has errors of its own
        raise SecretMissingError(f"the keyring cannot be read ({type(error).__name__}): unlock it") from None


class Hider:
    """Replaces secrets, and what they are made of, in texts: an error may repeat a part of an address."""

    def __init__(self, secrets: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> None:
        known = [v for k, v in environment.items() if k.startswith(_PREFIX) and _SECRET_NAMES.search(k)]
        pieces = {piece for value in (*known, *secrets) for piece in _pieces(value)}
        ordered = sorted(pieces, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)


def _pieces(value: str) -> Iterator[str]:
    if len(value) >= _SHORTEST:
        yield value
    for address in value.split():
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        if not parts.scheme:
            continue
        yield address
        login, _, host = parts.netloc.rpartition("@")
        yield from (piece for piece in login.split(":") if len(piece) >= _SHORTEST)
        names = [*parts.path.split("/"), *(v for _, v in parse_qsl(parts.query))]
        # a server's name is no secret; services that write a key there have no dot in it
        names += [] if "." in host or host.startswith(("localhost", "[")) else [host]
        for name in names:
            if len(name) >= _LONG or (len(name) >= _SHORTEST and any(c.isdigit() for c in name)):
                yield name
                yield unquote(name)
