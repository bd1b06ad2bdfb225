"""What runs beside requests: attempts that end in time, and what a fork leaves behind."""

from .attempts import MAX_ABANDONED, Attempts, TooManyAbandoned
from .forks import begins_anew
from .jitter import uniform

__all__ = ["MAX_ABANDONED", "Attempts", "TooManyAbandoned", "begins_anew", "uniform"]
