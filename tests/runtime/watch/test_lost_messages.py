"""An urgent message that could not be sent is kept until it can be."""

from __future__ import annotations

import threading

from tradeplan.runtime.watch.notify import KEPT, Notifier


class Post:
    """An address that takes messages from a moment on."""

    def __init__(self, failures: int) -> None:
        self.failures, self.got = failures, list[str]()
        self.tries, self.over = 0, threading.Event()

    def __call__(self, title: str, text: str) -> bool:
        self.tries += 1
        if self.tries <= self.failures:
            if self.tries == 2:
                raise OSError("the network is away")
            return False
        self.got.append(text)
        self.over.set()
        return True


def test_what_could_not_be_sent_is_sent_when_it_can_be() -> None:
    """An alert that falls into a minute without a network is the one that somebody must get."""
    post, said = Post(3), list[str]()
    notifier = Notifier(post, said.append, gather=0.01)
    notifier.put("ALERT: a stop is missing")
    assert post.over.wait(5)
    notifier.close()
    assert post.got == ["ALERT: a stop is missing"]
    assert len(said) == 1, "told once that it failed"


def test_what_is_kept_is_bounded() -> None:
    post = Post(10**9)
    notifier = Notifier(post, lambda text: None, gather=3_600.0)
    for number in range(KEPT + 50):
        notifier.put(f"message {number}")
    notifier.close()
    assert post.tries >= 1
    assert len(notifier._waiting) <= KEPT
