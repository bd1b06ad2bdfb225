"""How STS refuses."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["StsError", "denied", "invalid", "unsupported"]


class StsError(Exception):
    """A refusal of STS: its error code, AWS's text, its status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(faults: Sequence[str]) -> StsError:
    """Everything that is wrong with the input, in one refusal."""
    number = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
    return StsError("ValidationError", f"{number}: {'; '.join(faults)}")


def denied(arn: str, *, action: str, resource: str) -> StsError:
    """A signer who may not."""
    message = f"User: {arn} is not authorized to perform: {action} on resource: {resource}"
    return StsError("AccessDenied", message, status=403)


def unsupported(name: str) -> StsError:
    """A parameter that would be ignored here, which no caller could see. The one code that is not AWS's."""
    return StsError("UnsupportedParameter", f"The local STS does not act on {name}.", status=501)
