"""How an order at the broker says whose it is: a magic number and a comment, both made from the intent."""

from __future__ import annotations

import hashlib

MARK = 0x5450
"""The top 16 bits of every magic number of this program."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PARTS = 32
"""How many parts (legs) the magic numbers of one intent are made for."""

STOP_PASSED, TARGET_PASSED = 2, 3
"""Parts of a position's own number: closes of one whose stop or target could not be set, as it was passed already."""


def magic_of(intent: int, part: int) -> int:
    """The magic number of one part of an intent: 63 bits, unique as far as 47 bits of a hash are."""
    text = f"{intent}\x1f{part}"
    return MARK << 47 | int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big") >> 17


def is_ours(magic: int) -> bool:
    """Whether some runtime of this program made an order."""
    return magic >> 47 == MARK


def comment_of(intent: int, part: int) -> str:
    """The comment of one part of an intent, 18 characters at most: MT5 takes 29, and servers rewrite the end."""
    digits, rest = "", intent
    for _ in range(13):
        digits, rest = _ALPHABET[rest & 31] + digits, rest >> 5
    return f"tp{digits}.{part}"


def part_of(comment: str) -> tuple[int, int] | None:
    """The intent and the part that a comment tells, None if it is none of ours or was cut."""
    digits, dot, part = comment[2:15], comment[15:16], comment[16:]
    if comment[:2] != "tp" or len(digits) != 13 or dot != "." or not part.isdecimal() or int(part) >= PARTS:
        return None
    intent = 0
    for digit in digits:
        value = _ALPHABET.find(digit)
        if value < 0:
            return None
        intent = intent << 5 | value
    found = intent, int(part)
    return found if comment_of(*found) == comment else None
