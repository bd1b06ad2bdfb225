"""The local STS: AssumeRole, GetSessionToken and GetCallerIdentity over the Query protocol (2011-06-15).

Requests are header-signed and verified. boto3 reaches it through ``endpoint_url`` or
``AWS_ENDPOINT_URL_STS``; the static key pair is for whoever wants keys from the environment.
"""

from __future__ import annotations

from scribepass.local.keys import STATIC_ACCESS_KEY_ID, STATIC_SECRET_ACCESS_KEY

from .actions import Sts

__all__ = ["STATIC_ACCESS_KEY_ID", "STATIC_SECRET_ACCESS_KEY", "Sts"]
