"""The local STS: four actions over the Query protocol (2011-06-15).

::

    form ─► a fault on demand? ─► signature, but for web identities ─► shapes of the service model
         ─► tags, source identity, token ─► trust and permissions ─► the session ─► XML

boto3 reaches it through ``endpoint_url`` or ``AWS_ENDPOINT_URL_STS``; the static key pair is for whoever
wants keys from the environment.
"""

from __future__ import annotations

from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

from .faults import NAMED, FaultKind, StsFault, StsFaults
from .roles import Roles
from .roles_document import RolesMalformed, roles_of
from .service import Sts

__all__ = [
    "NAMED",
    "STATIC_ACCESS_KEY_ID",
    "STATIC_SECRET_ACCESS_KEY",
    "FaultKind",
    "Roles",
    "RolesMalformed",
    "Sts",
    "StsFault",
    "StsFaults",
    "roles_of",
]
