"""Who may say what, and when: the two halves of a stream as one table.

The client speaks audio until its end, the server results until it closes or fails; each half has a
state of its own::

    client   START ─ Configuration, Audio ─► AUDIO ─ EndOfAudio ─► FINISHED
    server   RESULTS ─ Closed ─► CLOSED
             RESULTS ─ Failure ─► FAILED
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .calls import Category, Configuration, Utterance
from .events import Audio, EndOfAudio, Event, Failure, Transcript, UnknownEvent


class Role(enum.Enum):
    """An end of the stream."""

    CLIENT = "client"
    SERVER = "server"


class State(enum.Enum):
    """The first three are the client's, the last three the server's."""

    START = "start"
    AUDIO = "audio"
    FINISHED = "finished"
    RESULTS = "results"
    CLOSED = "closed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The other side sends nothing more. ``clean``: the audio was ended and no failure was sent."""

    clean: bool


Half = Mapping[State, Mapping[type[Event | Closed], State]]

_CLIENT: Half = {
    State.START: {Configuration: State.AUDIO, Audio: State.AUDIO, EndOfAudio: State.FINISHED},
    State.AUDIO: {Audio: State.AUDIO, EndOfAudio: State.FINISHED},
    State.FINISHED: {},
}
_SERVER: Half = {
    State.RESULTS: {
        Transcript: State.RESULTS,
        Utterance: State.RESULTS,
        Category: State.RESULTS,
        UnknownEvent: State.RESULTS,
        Failure: State.FAILED,
        Closed: State.CLOSED,
    },
    State.CLOSED: {},
    State.FAILED: {Closed: State.FAILED},
}
TRANSITIONS: Final[Mapping[Role, Half]] = MappingProxyType({Role.CLIENT: _CLIENT, Role.SERVER: _SERVER})
"""Whose event, in which state, leads where; what is not here is not allowed."""
