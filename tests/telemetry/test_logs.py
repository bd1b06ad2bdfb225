"""Log lines: JSON, one for each event, of our own and of every library, and none with a secret."""

import json
import logging
import subprocess
import sys
import threading
import traceback
import warnings

import pytest

from scribepass.telemetry import begin_request, end_request, get_audit_log, get_log
from support.logs import Lines, captured

URL = "wss://host:8443/path?X-Amz-Signature=0123456789abcdef"


def test_records_are_written_whatever_the_level() -> None:
    """An audit line is no news that somebody may not want to read."""
    with captured("error") as log:
        get_audit_log("vending").info("ticket_issued", ticket_id="tk_1")
        get_log("vending").info("something_else")
    assert [each["event"] for each in log.all] == ["ticket_issued"]


def test_an_event_is_one_json_object(log: Lines) -> None:
    """Time, level, event and part first, then the fields."""
    get_log("vending").info("ticket_issued", ticket_id="tk_1", expires_in=60, nothing=None)
    (line,) = log.all
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "event": "ticket_issued",
        "part": "vending",
        "ticket_id": "tk_1",
        "expires_in": 60,
        "nothing": None,
    }


def test_lines_of_a_request_have_its_id(log: Lines) -> None:
    """Ours and those of libraries, until the request ends."""
    begin_request("request-1")
    get_log("app").info("one")
    logging.getLogger("some.library").info("two")
    begin_request("request-2")
    get_log("app").info("three")
    end_request()
    get_log("app").info("four")
    assert [line.get("request_id") for line in log.all] == ["request-1", "request-1", "request-2", None]


def test_records_of_libraries_take_the_same_way(log: Lines) -> None:
    """A standard-library record is a JSON line with its logger's name, its arguments redacted."""
    logging.getLogger("some.library").warning("opening %s", URL)
    (line,) = log.all
    assert (line["logger"], line["level"]) == ("some.library", "warning")
    assert line["event"] == "opening wss://host:8443/path?[redacted]"


@pytest.mark.parametrize(
    "hostile", ["a\nb", "a\r\n{}", "\x1b[31mred", "\u202egnp", "\u2028x", "\ud800", "\x00"], ids=ascii
)
def test_no_text_makes_a_second_line(log: Lines, hostile: str) -> None:
    """Line breaks, terminal sequences and direction marks are escaped: a line cannot be forged."""
    get_log("app").info("event", field=hostile)
    logging.getLogger("library").info(hostile)
    assert len(log.text.splitlines()) == 2
    assert log.text.isascii()
    assert log.all[0]["field"] == hostile


def test_an_exception_is_written_without_its_secrets(log: Lines) -> None:
    """The traceback is there, the texts of the whole chain are redacted, and no local variable is shown."""
    local_secret = "canary-in-a-local"
    try:
        try:
            raise KeyError(URL)  # noqa: TRY301
        except KeyError as error:
            raise RuntimeError(f"while opening {URL}") from error
    except RuntimeError:
        assert local_secret in "".join(traceback.StackSummary.extract(
            traceback.walk_tb(sys.exc_info()[2]), capture_locals=True).format())  # fmt: skip
        get_log("app").error("request_failed", exc_info=True)
        logging.getLogger("library").exception("failed")
    for line in log.all:
        assert "RuntimeError" in line["exception"]
        assert "0123456789abcdef" not in line["exception"]
        assert local_secret not in line["exception"].replace('local_secret = "canary-in-a-local"', "")


@pytest.mark.parametrize(
    "name", ["botocore", "botocore.auth", "boto3.resources", "hpack.hpack", "urllib3.connectionpool"]
)
def test_the_debug_of_noisy_libraries_is_dropped(log: Lines, name: str) -> None:
    """Even of a logger that somebody has set to DEBUG by name: boto writes STS's answers there."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.DEBUG)
    logger.debug("CanonicalRequest: everything")
    assert log.text == ""
    logger.info("fine")
    logging.getLogger("botocorely").debug("another library")
    assert [line["event"] for line in log.all] == ["fine", "another library"]


def test_a_record_that_cannot_be_formatted_is_reported_without_it() -> None:
    """The standard library would print its arguments to stderr."""
    with captured() as log:
        logging.getLogger("library").info("%d", URL)
    (line,) = log.all
    assert (line["event"], line["source"], line["error"]) == ("log_record_unreadable", "library", "TypeError")


def test_warnings_are_lines(log: Lines) -> None:
    """A deprecation is not lost between the JSON lines, and does not break their format."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", UserWarning, stacklevel=1)
    (line,) = log.all
    assert "UserWarning: old" in line["event"]


def test_what_a_thread_does_not_catch_is_a_line(log: Lines) -> None:
    """An exception that ends a thread is written like any other."""

    def fail() -> None:
        raise RuntimeError(URL)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    (line,) = log.named("uncaught_exception_in_thread")
    assert "RuntimeError" in line["exception"]
    assert "0123456789abcdef" not in log.text


def test_what_nobody_catches_is_a_line() -> None:
    """So is the one that ends the process."""
    program = f"from scribepass.telemetry import configure\nconfigure()\nraise RuntimeError({URL!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = (json.loads(each) for each in done.stderr.splitlines())
    assert line["event"] == "uncaught_exception"
    assert "0123456789abcdef" not in done.stderr


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_holds_for_everybody(level: str, count: int) -> None:
    """Ours and other libraries' lines below it are not written."""
    with captured(level) as log:
        for source in (get_log("app"), logging.getLogger("library")):
            for method in ("debug", "info", "warning", "error"):
                getattr(source, method)("event")
    assert len(log.all) == 2 * count


def test_before_it_is_configured_warnings_go_to_stderr_redacted() -> None:
    """A library that is imported writes nothing to stdout, and no secret anywhere."""
    program = f"""
from scribepass.telemetry import get_log
get_log("x").info("quiet")
get_log("x").warning("loud", text={URL!r})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    (line,) = (json.loads(each) for each in done.stderr.splitlines())
    assert line["text"] == "wss://host:8443/path?[redacted]"
