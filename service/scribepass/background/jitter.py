"""Numbers that let processes drift apart."""

from __future__ import annotations

import random

__all__ = ["uniform"]

uniform = random.SystemRandom().uniform
"""Draws between two numbers, from the kernel: a forked child draws others, and nobody's generator moves."""
