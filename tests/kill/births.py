"""Where lives come from: processes forked from one that has imported all they need, so that a life is short."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

PRELOAD = ["tests.kill.broker_life", "tests.kill.flow_life", "numba"]
KILLED = -9 if hasattr(os, "fork") else 15
"""The exit code of a process that killed itself or was killed."""


def life(target: Callable[..., object], *arguments: Any) -> BaseProcess:
    """A process that is not started yet. What it runs has been imported and never been used."""
    if not hasattr(os, "fork"):
        return multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context.Process(target=target, args=arguments)
