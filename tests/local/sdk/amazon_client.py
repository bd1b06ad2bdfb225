"""amazon-transcribe as it comes from PyPI, against an endpoint: a plan on stdin, what came of it on stdout.

It trusts the system's store alone and has no option for another authority, so that one thing is set by hand.
"""

import asyncio
import base64
import json
import sys
from typing import Any

from amazon_transcribe.auth import StaticCredentialResolver
from amazon_transcribe.client import TranscribeStreamingClient
from amazon_transcribe.endpoints import StaticEndpointResolver
from awscrt import io

Json = dict[str, Any]


async def play(plan: Json, run: Json) -> Json:
    """One stream with a client of its own."""
    keys = run["credentials"]
    client = TranscribeStreamingClient(
        region=plan["region"],
        endpoint_resolver=StaticEndpointResolver(plan["endpoint"]),
        credential_resolver=StaticCredentialResolver(
            access_key_id=keys["accessKeyId"],
            secret_access_key=keys["secretAccessKey"],
            session_token=keys.get("sessionToken"),
        ),
    )
    options = io.TlsContextOptions()
    options.override_default_trust_store_from_path(None, plan["authority"])
    client._session_manager._tls_ctx = io.ClientTlsContext(options)
    outcome: Json = {"finals": []}
    try:
        stream = await client.start_stream_transcription(
            language_code="en-US", media_sample_rate_hz=16_000, media_encoding="pcm"
        )
        response = stream.response
        outcome["echo"] = [response.session_id, response.language_code, response.media_sample_rate_hz]
        sending = asyncio.create_task(send(stream, base64.b64decode(run["audio"]), run["chunk"]))
        try:
            await listen(stream, outcome["finals"])
        finally:
            sending.cancel()
            await asyncio.wait([sending])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the test asks for
        outcome["error"] = {
            "name": type(error).__name__,
            "message": getattr(error, "message", None) or str(error),
            "status": getattr(error, "status_code", None),
            "code": getattr(error, "error_code", None),
        }
    return outcome


async def send(stream: Any, audio: bytes, chunk: int) -> None:
    for at in range(0, len(audio), chunk):
        await stream.input_stream.send_audio_event(audio_chunk=audio[at : at + chunk])
    await stream.input_stream.end_stream()


async def listen(stream: Any, finals: list[str]) -> None:
    async for event in stream.output_stream:
        results = event.transcript.results
        finals += [each.alternatives[0].transcript for each in results if not each.is_partial]


async def main() -> None:
    plan = json.load(sys.stdin)
    print(json.dumps([await play(plan, run) for run in plan["runs"]]))


if __name__ == "__main__":
    asyncio.run(main())
