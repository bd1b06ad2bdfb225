"""A `scribepass local` that AWS's own clients talk to, and what each of them shall do with it."""

import base64
import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from support.shared import shared
from support.speech import pcm_of
from support.stack import environment, scribepass, stop

Json = dict[str, Any]

WORDS = "go forward ten meters"
UNDECODABLE = "Could not decode the audio stream that you provided."
LAST_LINE = "# Both Python SDKs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Where it listens, and what its greeting has exported."""

    url: str
    tls_port: int
    exported: Mapping[str, str]

    @property
    def tls_url(self) -> str:
        return f"https://localhost:{self.tls_port}"

    @property
    def authority(self) -> str:
        return self.exported["NODE_EXTRA_CA_CERTS"]

    @property
    def credentials(self) -> Json:
        """The key pair that it prints, as SDKs name its parts."""
        return {
            "accessKeyId": self.exported["AWS_ACCESS_KEY_ID"],
            "secretAccessKey": self.exported["AWS_SECRET_ACCESS_KEY"],
        }

    def denied(self, *, but: str) -> Json:
        """Credentials of a role that may do ``but`` and nothing else, from its STS."""
        statement = {"Effect": "Allow", "Action": f"transcribe:{but}", "Resource": "*"}
        issued = boto3.client(
            "sts",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.exported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.exported["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        ).assume_role(
            RoleArn="arn:aws:iam::123456789012:role/vend",
            RoleSessionName="vend",
            Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )["Credentials"]
        return {
            "accessKeyId": issued["AccessKeyId"],
            "secretAccessKey": issued["SecretAccessKey"],
            "sessionToken": issued["SessionToken"],
        }

    def plan(self, *, but: str, **more: object) -> Json:
        """Human speech; then audio that ends in the middle of a sample; then somebody who may not."""
        pcm = pcm_of(shared("audio/goforward.wav"))
        common = {
            "parameters": {"LanguageCode": "en-US", "MediaEncoding": "pcm", "MediaSampleRateHertz": 16_000},
            "audio": base64.b64encode(pcm).decode(),
        }
        runs = [
            {"credentials": self.credentials, "chunk": 3200},
            {"credentials": self.credentials, "chunk": 3201},
            {"credentials": self.denied(but=but), "chunk": 3200},
        ]
        return {"region": "us-east-1", "runs": [{**common, **run} for run in runs], **more}


@contextmanager
def local_process(folder: Path) -> Iterator[Local]:
    """It runs as users run it, with the engine that hears speech, until the block ends."""
    command = scribepass("local", "--port", "0", "--tls-port", "0", "--state", str(folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env=environment(), text=True, encoding="utf-8"
        )
    assert process.stdout is not None
    try:
        yield _greeted(process.stdout, folder / "log")
    finally:
        stop(process)
        process.stdout.close()


def _greeted(lines: Iterable[str], log: Path) -> Local:
    greeting = []
    for line in lines:
        greeting.append(line.rstrip("\n"))
        if line.startswith(LAST_LINE):
            break
    assert greeting, log.read_text()
    exports = [line.removeprefix("export ").split("=", 1) for line in greeting if line[:7] == "export "]
    https = next(line for line in greeting if line.startswith("# Through TLS"))
    return Local(
        url=greeting[0].split()[-1],
        tls_port=int(https.rpartition(":")[0].rpartition(":")[2]),
        exported=dict(exports),
    )
