"""A file of lines that is only added to: what it has taken is on disk, and a line that was cut off costs itself."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from tradeplan.runtime.store.errors import trouble


class Tail:
    """The newest rows of something that is kept elsewhere in the long run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def append(self, text: str) -> None:
        """Add whole lines; they are on disk when this returns. Raises StoreTrouble."""
        try:
            self._append(text)
        except OSError as error:
            self.close()
            raise trouble(self.path, error) from error

    def _append(self, text: str) -> None:
        if self._file is None:
            # a line that was cut off by a full disk must not take the next one with it
            torn = self.path.is_file() and self.path.read_bytes()[-1:] not in (b"", b"\n")
            self._file = self.path.open("a", encoding="utf-8", newline="\n")
            self._file.write("\n" if torn else "")
        self._file.write(text)
        self._file.flush()
        os.fsync(self._file.fileno())

    def lines(self) -> list[str]:
        """All lines, the one that was cut off included; none without the file."""
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []

    def remove(self) -> None:
        """Begin anew."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._file is not None:
            with suppress(OSError):  # what it holds back on a full disk was told as not written
                self._file.close()
            self._file = None
