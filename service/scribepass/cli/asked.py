"""What the command line of ``scribepass transcribe`` asks for."""

from __future__ import annotations

from dataclasses import dataclass

import click

from scribepass.cli.options import collect

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line, as click read it."""

    source: str | None
    mic: bool
    device: str | None
    service: str
    api_key: str | None
    language: str | None
    operation: str
    region: str | None
    parameters: tuple[tuple[str, str], ...]
    rate: int | None
    encoding: str | None
    pace: str
    output: str
    partials: bool | None
    drain: float
    patience: float

    def params(self) -> dict[str, str]:
        """What the service is asked for, without the format of the audio."""
        params = collect(self.parameters, language=self.language)
        if named := {"media-encoding", "sample-rate"} & params.keys():
            raise click.UsageError(
                f"{min(named)} follows from the audio; for raw audio use --rate, --encoding."
            )
        params["operation"] = self.operation
        return {**params, "region": self.region} if self.region else params
