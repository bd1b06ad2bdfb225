"""Two sessions joined by one wire: what one sends, the other hears, however the wire cuts it."""

from collections.abc import Callable, Iterable

from scribepass.transcribe.catalogue import Operation
from scribepass.transcribe.events import Event
from scribepass.transcribe.session import NEED_DATA, Closed, Role, StreamSession

Cut = Callable[[bytes], Iterable[bytes]]


def whole(data: bytes) -> Iterable[bytes]:
    """One piece, as a WebSocket message."""
    return [data]


def byte_by_byte(data: bytes) -> Iterable[bytes]:
    """The most pieces that a wire can make."""
    return [data[at : at + 1] for at in range(len(data))]


def heard(session: StreamSession) -> list[Event | Closed]:
    """Everything that the session has to say now; after the end, the end once."""
    events: list[Event | Closed] = []
    while (event := session.next_event()) is not NEED_DATA:
        events.append(event)
        if isinstance(event, Closed):
            break
    return events


class Pair:
    """A client and a server of one stream."""

    def __init__(self, *, operation: Operation = Operation.STANDARD, cut: Cut = whole) -> None:
        self._sessions = {role: StreamSession(role, operation=operation) for role in Role}
        self._cut = cut

    @property
    def client(self) -> StreamSession:
        return self._sessions[Role.CLIENT]

    @property
    def server(self) -> StreamSession:
        return self._sessions[Role.SERVER]

    def say(self, role: Role, *events: Event) -> list[Event | Closed]:
        """Send from ``role``; what the other end hears of it."""
        listener = self.client if role is Role.SERVER else self.server
        sent = b"".join(self._sessions[role].send(event) for event in events)
        for piece in self._cut(sent) if sent else ():
            listener.receive_data(piece)
        return heard(listener)

    def hang_up(self) -> tuple[list[Event | Closed], list[Event | Closed]]:
        """The transport ends; what client and server hear of it."""
        self.client.receive_eof()
        self.server.receive_eof()
        return heard(self.client), heard(self.server)
