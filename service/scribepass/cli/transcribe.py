"""``scribepass transcribe``: a file, a pipe or the microphone becomes text."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from scribepass.cli.asked import Asked
from scribepass.cli.exits import EXIT_HELP, Exit
from scribepass.cli.options import stream_options

__all__ = ["command"]

ENCODINGS = ("pcm", "flac", "ogg-opus", "g711-alaw", "g711-ulaw", "g729")

HELP = """Print what is said in FILE, in standard input (-), or into the microphone (--mic).

WAV, FLAC, Ogg and MP3 are read here, anything else by ffmpeg where that is installed. Raw samples, from a
file or a pipe, need --rate.

Results go to stdout as they become final, and nothing else does; words that may still change, and the
progress, are shown on stderr where that is a terminal.

\b
--output text  one line for each turn of speech
--output json  one final result a line, in AWS's own shape (PascalCase)
--output srt   subtitles, printed at the end
--output vtt   subtitles, printed at the end

Where the connection is lost, another goes on with the same transcript, and stderr says so; encoded audio
(--encoding) cannot go on. What the microphone records meanwhile is kept, up to a minute.

Ctrl-C ends the audio and waits for the last words; a second one gives up. Ending --mic that way is success.
"""


@click.command("transcribe", help=HELP, epilog=EXIT_HELP, short_help="Turn speech into text.")
@click.argument("source", metavar="[FILE|-]", required=False)
@click.option("--mic", is_flag=True, help="Listen to the microphone (needs the package sounddevice).")
@click.option("--device", metavar="NAME", help="Which microphone: its number, or a part of its name.")
@click.option(
    "--service",
    metavar="URL",
    envvar="SCRIBEPASS_SERVICE",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="The scribepass service that vends the ticket. [env: SCRIBEPASS_SERVICE]",
)
@click.option(
    "--api-key",
    metavar="KEY",
    envvar="SCRIBEPASS_API_KEY",
    help="Better in the environment, where other users cannot see it. [env: SCRIBEPASS_API_KEY]",
)
@stream_options
@click.option("--rate", type=click.IntRange(8000, 48000), help="Raw audio: its sample rate in hertz.")
@click.option(
    "--encoding",
    type=click.Choice(ENCODINGS),
    help="Raw audio: what it is. pcm is 16-bit little-endian; others are sent as they are.  [default: pcm]",
)
@click.option(
    "--pace",
    type=click.Choice(["real", "fast"]),
    default="real",
    show_default=True,
    help="As fast as it was spoken, which AWS wants; or as fast as it is taken, meant for the local AWS.",
)
@click.option(
    "--output", type=click.Choice(["text", "json", "srt", "vtt"]), default="text", show_default=True
)
@click.option(
    "--partials/--no-partials",
    default=None,
    help="Show on stderr what may still change.  [default: on a terminal]",
)
@click.option(
    "--drain",
    type=click.FloatRange(0.1, 300),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the last words.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0, 86400),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to try to go on after the connection was lost; 0 gives up at once.",
)
def command(**given: Any) -> None:  # noqa: ANN401 - click's values, which Asked names and types
    """Read the command line, open the audio, listen to the end."""
    asked = Asked(**given)
    if bool(asked.source) == asked.mic:
        raise click.UsageError("Say what to transcribe: a FILE, - for standard input, or --mic.")
    from scribepass.cli.listening import listen
    from scribepass.cli.sources import open_source
    from scribepass.client import HttpTickets

    params = asked.params()
    try:
        tickets = HttpTickets(asked.service, api_key=asked.api_key)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    source = open_source(asked, params=params)
    interruptions = asyncio.run(listen(source, asked=asked, tickets=tickets, params=params))
    # Ctrl-C is how a recording ends; anything else has an end of its own.
    if interruptions > (1 if asked.mic else 0):
        click.get_current_context().exit(Exit.INTERRUPTED)
