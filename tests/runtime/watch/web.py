"""A web server on this machine that remembers what was asked of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class Heard:
    """Paths and bodies of requests; `answer` is the status that they get."""

    port: int = 0
    answer: int = 200
    requests: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def web() -> Iterator[Heard]:
    """Serve until the end of the block."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            heard.requests.append((self.path, self.rfile.read(length).decode("utf-8")))
            self.send_response(heard.answer)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    heard.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
