"""The tickets of one run, each of which goes on with the session of the one before."""

from __future__ import annotations

from collections.abc import Mapping

from scribepass.client.tickets import ClientTicket, TicketSource
from scribepass.errors import TicketRefused

__all__ = ["Renewing"]

NOT_RESUMABLE = {400, 403, 404}
"""Too long ago, or issued by a service that was set up anew since."""


class Renewing:
    """Fetches tickets for ``params`` from ``source``, and says of each session once that it is over."""

    def __init__(self, source: TicketSource, params: Mapping[str, object]) -> None:
        self._source = source
        self._params = dict(params)
        self._last: ClientTicket | None = None

    async def next(self, *, fresh: bool = False) -> ClientTicket:
        """A ticket for the session of the last one; for a new session if there is none, or if ``fresh``.

        Raises TicketRefused, ServiceUnreachable.
        """
        earlier, ticket = self._last, None
        if earlier is not None and not fresh:
            ticket = await self._resumed(earlier)
        if ticket is None or (earlier is not None and ticket.session_id != earlier.session_id):
            await self.close()
        self._last = ticket or await self._source.fetch(self._params)
        self._params.pop("ticket-id", None)
        return self._last

    async def _resumed(self, earlier: ClientTicket) -> ClientTicket | None:
        try:
            return await self._source.fetch({**self._params, "ticket-id": earlier.ticket_id})
        except TicketRefused as refused:
            if refused.status not in NOT_RESUMABLE:
                raise
        return None

    async def close(self) -> None:
        """The session of the last ticket is over."""
        ticket, self._last = self._last, None
        if ticket is not None:
            await self._source.closed(ticket)
