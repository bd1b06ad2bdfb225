"""What gunicorn's master holds for its operator: the bound port, and the folder of the figures."""

from __future__ import annotations

import atexit
import os
import socket
from collections.abc import Collection, Iterable, MutableMapping
from pathlib import Path

from scribepass.errors import Problem, SettingsError
from scribepass.telemetry import get_log
from scribepass.telemetry.folder import bury, make_folder, prepare, remove_folder

from .operator_port import OperatorPort, bound

__all__ = ["FOLDER", "Operations"]

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client finds the folder. An operator may set it to one of their own."""
_DESCRIPTOR = "GUNICORN_OPERATOR_FD"
_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 (to compare with)

_log = get_log("operator")


class Operations:
    """The operator's port at ``address``, opened before there are workers, so that each inherits it.

    ``environ`` is this process's environment: what is found there, the workers find.
    """

    def __init__(self, address: str, *, environ: MutableMapping[str, str]) -> None:
        self._address = address
        self._environ = environ
        self._pid = os.getpid()
        self._unburied: set[int] = set()
        self._own_folder: Path | None = None
        self._port: OperatorPort | None = None

    def open(self, *, others: Iterable[object], owner: tuple[int, int]) -> None:
        """Bind the port, and make the folder, which ``owner`` (uid and gid) will write to.

        ``others`` are the addresses at which callers will be served.

        Raises:
            SettingsError: either cannot be had.
        """
        inherited = self._environ.pop(_DESCRIPTOR, None)
        try:
            listener = socket.socket(fileno=int(inherited)) if inherited else bound(self._address)
        except (OSError, OverflowError) as error:
            raise _fault(f"cannot be bound: {getattr(error, 'strerror', None) or error}") from None
        try:
            if any(_overlap(listener.getsockname(), each) for each in others):
                raise _fault("is also where callers are served; the operator's port is one of its own")
            self._port = OperatorPort(listener, folder=self._folder(owner=owner, fresh=not inherited))
        except SettingsError:
            listener.close()
            raise
        _log.info("operator_port_open", address=self._address)

    def serve(self) -> None:
        """Answer, in this worker."""
        if self._port is not None:
            self._port.serve()

    def bury(self, pid: int, *, alive: Collection[int]) -> None:
        """Keep what the dead worker ``pid`` has counted, in few files. Never raises, never waits."""
        self._unburied = {*self._unburied, pid}.difference(alive)
        if self._port is None:
            return
        try:
            self._unburied = {each for each in self._unburied if not bury(self._port.folder, each)}
        except Exception:  # noqa: BLE001 (the master must not end for a figure)
            _log.error("figures_not_kept", exc_info=True)

    def hand_over(self, environ: MutableMapping[str, str]) -> None:
        """Leave the port to the master that comes after this one (USR2), by its ``environ``."""
        if self._port is None:
            return
        self._port.listener.set_inheritable(True)
        environ[_DESCRIPTOR] = str(self._port.listener.fileno())
        if self._own_folder is not None:
            environ.pop(FOLDER, None)

    def close(self) -> None:
        """Let go of the port, and remove the folder if it is ours. In a worker, this does nothing."""
        if os.getpid() != self._pid:
            return
        atexit.unregister(self.close)
        if self._port is not None:
            self._port.close()
        if self._own_folder is not None:
            remove_folder(self._own_folder)

    def _folder(self, *, owner: tuple[int, int], fresh: bool) -> Path:
        named = self._environ.get(FOLDER)
        try:
            folder = Path(named) if named else make_folder()
            if not named:
                self._own_folder = folder
                atexit.register(self.close)
            if fresh or not named:  # else the master before this one still counts there
                prepare(folder, owner=owner)
        except OSError as error:
            raise _fault(f"has no folder for its figures ({FOLDER}): {error.strerror}") from None
        self._environ[FOLDER] = str(folder)
        return folder


def _overlap(ours: object, theirs: object) -> bool:
    if not (isinstance(ours, tuple) and isinstance(theirs, tuple)):
        return False
    return ours[1] == theirs[1] and (ours[0] == theirs[0] or not _ANY.isdisjoint({ours[0], theirs[0]}))


def _fault(message: str) -> SettingsError:
    return SettingsError([Problem(field="SCRIBEPASS_OPERATOR_BIND", code="unusable", message=message)])
