"""`scribepass check`: what the settings come to, and whether what they name answers."""

import json
import re
import subprocess
from pathlib import Path

from scribepass.callers import Caller
from scribepass.callers.api_keys import new_key
from scribepass.callers.key_file import add_key
from scribepass.vending import CallerNames
from support.gunicorn import AWS
from support.stack import environment, scribepass
from support.sts import SECRET as STS_SECRET
from support.sts import refusal, sts

SECRET = "a-secret-of-the-deployment-0123456789abcdef"


def check(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    keys = folder / "keys.json"
    if not keys.exists():
        add_key(keys, record=new_key("test", caller="ward-7")[1])
    environ = environment(**{"HOME": str(folder), "SCRIBEPASS_API_KEYS_FILE": str(keys), **AWS, **settings})
    return subprocess.run(
        scribepass("check", *options), capture_output=True, text=True, env=environ, timeout=60, check=False
    )


def test_the_settings_in_force_are_printed_without_secrets(tmp_path: Path) -> None:
    """Each variable with its effective value; of a secret only that there is one."""
    done = check(tmp_path, SCRIBEPASS_SECRET=SECRET, SCRIBEPASS_REGIONS="us-east-1,eu-west-1")
    assert done.returncode == 0, done.stdout + done.stderr
    said = dict(re.findall(r"^(SCRIBEPASS_\w+) +(.*)$", done.stdout, re.MULTILINE))
    assert said["SCRIBEPASS_REGIONS"] == "us-east-1,eu-west-1"
    assert said["SCRIBEPASS_CREDENTIAL_MODE"] == "ambient"
    assert said["SCRIBEPASS_ANONYMOUS"] == "false"
    assert said["SCRIBEPASS_SECRET"] == "(secret)"
    assert SECRET not in done.stdout + done.stderr
    assert AWS["AWS_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr
    assert re.search(r"^ok +credentials: without an end$", done.stdout, re.MULTILINE)
    assert "store:" not in done.stdout


def test_a_caller_is_named_as_in_the_log(tmp_path: Path) -> None:
    """So that whoever reads an audit line, or CloudTrail, can tell whether it was this one."""
    done = check(tmp_path, "--caller", "ward-7", SCRIBEPASS_SECRET=SECRET)
    names = CallerNames(SECRET.encode())
    assert names.hash_of(Caller(id="ward-7")) in done.stdout
    assert names.session_name(Caller(id="ward-7")) in done.stdout
    done = check(tmp_path, "--caller", "okta|0b5c", SCRIBEPASS_SECRET=SECRET)
    assert names.session_name(Caller(id="okta|0b5c", source="okta")) in done.stdout


def test_sts_is_tried(tmp_path: Path) -> None:
    """With its clock; and where it refuses, the reason is on stderr and the exit code 1."""
    with sts() as stub:
        settings = {
            "SCRIBEPASS_ENV": "local",
            "SCRIBEPASS_CREDENTIAL_MODE": "assume-role",
            "SCRIBEPASS_ROLE_ARN": "arn:aws:iam::111122223333:role/vending",
            "SCRIBEPASS_STS_ENDPOINT": stub.url,
        }
        done = check(tmp_path, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"^ok +clock: [+-]\d+ s from that of STS$", done.stdout, re.MULTILINE)
        stub.status, stub.body = 403, refusal("AccessDenied", "not authorized to perform: sts:AssumeRole")
        done = check(tmp_path, **settings)
    assert done.returncode == 1
    assert re.search(r"^FAILED +credentials: none", done.stdout, re.MULTILINE)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("AccessDenied" in str(line) for line in lines)
    assert STS_SECRET not in done.stdout + done.stderr


def test_a_store_that_is_away_is_told(tmp_path: Path) -> None:
    """Nobody listens there: exit code 1."""
    done = check(tmp_path, SCRIBEPASS_STORE_URL="redis://:password-of-the-store@127.0.0.1:1/0")
    assert done.returncode == 1
    assert re.search(r"^FAILED +store: does not answer$", done.stdout, re.MULTILINE)
    assert "password-of-the-store" not in done.stdout + done.stderr


def test_faults_are_printed_instead(tmp_path: Path) -> None:
    """Exit code 2, and every fault; nothing is tried."""
    done = check(tmp_path, SCRIBEPASS_REGION="mars-north-1", SCRIBEPASS_WORKER="1")
    assert done.returncode == 2
    assert "SCRIBEPASS_REGION" in done.stderr
    assert "SCRIBEPASS_WORKER" in done.stderr
    assert done.stdout == ""
