"""``--limit NAME=VALUE``, and the files that stand for an account."""

import dataclasses
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scribepass.cli.exits import Exit
from scribepass.cli.local_limits import limit_option
from scribepass.cli.local_resources import resource_options, resources
from scribepass.local.limits import Limits
from scribepass.local.resources import Resources
from scribepass.transcribe import Operation, parse, stream_url
from support.commands import ended, run, start
from support.streaming import END, audio, signed, stream


def limits(*arguments: str) -> Limits:
    """The limits of a command line. click's own exceptions pass."""
    caught: list[Limits] = []

    @click.command()
    @limit_option
    def command(limits: Limits) -> None:
        caught.append(limits)

    command.main(list(arguments), standalone_mode=False)
    return caught[0]


def test_none() -> None:
    """Without the option they are AWS's."""
    assert limits() == Limits()


@pytest.mark.parametrize("field", dataclasses.fields(Limits), ids=lambda field: field.name)
def test_every_limit_can_be_set(field: "dataclasses.Field[float]") -> None:
    """By its name, in its own type."""
    changed = getattr(limits("--limit", f"{field.name}=7"), field.name)
    assert (changed, type(changed).__name__) == (7, field.type)


def test_several() -> None:
    """The option may be repeated."""
    both = limits("--limit", "idle_seconds=0.5", "--limit", "concurrent_streams=3")
    assert both == Limits(idle_seconds=0.5, concurrent_streams=3)


BAD = {
    "no value": (("idle_seconds",), "'idle_seconds' is not NAME=VALUE, such as idle_seconds=5."),
    "a near miss": (("idle_second=3",), "'idle_second' is no limit; did you mean idle_seconds?"),
    "another name": (("ears=2",), "'ears' is no limit: there are idle_seconds, stream_seconds, "),
    "no number": (("idle_seconds=long",), "idle_seconds is a number, not 'long'."),
    "no whole number": (("connections=2.5",), "connections is a whole number, not '2.5'."),
    "less than nothing": (("idle_seconds=-1",), "idle_seconds is a number, not '-1'."),
    "no end": (("idle_seconds=inf",), "idle_seconds is a number, not 'inf'."),
    "no window": (("http2_window_bytes=0",), "http2_window_bytes must be between 1 and 2147483647."),
    "too much for HTTP/2": (("http2_streams=9999999999",), "http2_streams must be between 1 and "),
    "twice": (("idle_seconds=1", "idle_seconds=2"), "idle_seconds is given more than once."),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_what_it_refuses(given: tuple[str, ...], message: str) -> None:
    """In a sentence."""
    with pytest.raises(click.BadParameter) as caught:
        limits(*(argument for each in given for argument in ("--limit", each)))
    assert caught.value.message.startswith(message)


def account(*arguments: str) -> tuple[Resources | None, str]:
    caught: list[Resources] = []

    @click.command()
    @resource_options
    def command(vocabulary_filters: Path | None, categories: Path | None, output: Path | None) -> None:
        caught.append(resources(vocabulary_filters=vocabulary_filters, categories=categories, output=output))

    result = CliRunner().invoke(command, arguments)
    return (caught[0] if caught else None), result.output


def test_files(tmp_path: Path) -> None:
    """Each file is read, and the folder need not exist yet."""
    filters, rules = tmp_path / "filters.toml", tmp_path / "categories.toml"
    filters.write_text('[filters.rude]\nwords = ["darn"]\n')
    rules.write_text('[[categories]]\nname = "c"\nphrases = ["x"]\n')
    output = tmp_path / "s3"
    found, _ = account(
        "--vocabulary-filters", str(filters), "--categories", str(rules), "--output", str(output)
    )
    assert found is not None
    assert (list(found.vocabulary_filters), [rule.name for rule in found.categories]) == (["rude"], ["c"])
    assert found.output == output
    assert account()[0] == Resources()


@pytest.mark.parametrize("option", ["--vocabulary-filters", "--categories"])
def test_a_file_of_something_else(tmp_path: Path, option: str) -> None:
    """The option is named, and what is wrong."""
    path = tmp_path / "other.toml"
    path.write_text("x = 1\n")
    found, output = account(option, str(path))
    assert found is None
    assert f"Invalid value for {option}" in output
    assert "and nothing else" in output


async def test_they_reach_the_server(tmp_path: Path) -> None:
    """A limit and a filter of the command line act on a stream of the process."""
    script, filters = tmp_path / "script.json", tmp_path / "filters.toml"
    script.write_text('["oh darn"]')
    filters.write_text('[filters.rude]\nwords = ["darn"]\n')
    process = await start(
        *("local", "--port", "0", "--no-tls", "--recogniser", f"scripted:{script}"),
        *("--limit", "idle_seconds=0.4", "--vocabulary-filters", str(filters)),
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().split()[-1]
    params = parse(
        Operation.STANDARD,
        {
            "language-code": "en-US",
            "media-encoding": "pcm",
            "sample-rate": 16_000,
            "vocabulary-filter-name": "rude",
        },
    )
    url = stream_url(
        Operation.STANDARD, region="us-east-1", params=params, endpoint=address.replace("http", "ws")
    )
    heard = await stream(signed(url), [audio()] * 8)
    finished = await stream(signed(url), [*[audio()] * 8, END])
    process.terminate()
    await ended(process)
    assert heard.failure is not None
    assert heard.failure.message.endswith("no new audio was received for 0.4 seconds.")
    assert finished.finals == ["oh ***"]


async def test_a_limit_that_does_not_exist() -> None:
    """Is a fault of the command line, before anything listens."""
    done = await run("local", "--limit", "ears=2")
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert "'ears' is no limit" in done.err
