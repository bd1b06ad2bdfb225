// Streams through AWS's SDK, in Node and in a browser alike; what came of each is plain data.
import { StartStreamTranscriptionCommand } from "@aws-sdk/client-transcribe-streaming";

/** Play every run, one after another, with a client of its own. */
export async function play(runs, clientOf) {
  const outcomes = [];
  for (const run of runs) {
    const client = clientOf(run.credentials);
    outcomes.push(await transcribe(client, run));
    client.destroy();
  }
  return outcomes;
}

async function transcribe(client, { parameters, audio, chunk }) {
  const outcome = { finals: [] };
  let heardAll;
  const over = new Promise((resolve) => (heardAll = resolve));
  try {
    const response = await client.send(
      new StartStreamTranscriptionCommand({ ...parameters, AudioStream: events(bytesOf(audio), chunk, over) }),
    );
    outcome.echo = [response.SessionId, response.LanguageCode, response.MediaSampleRateHertz];
    outcome.status = response.$metadata.httpStatusCode;
    for await (const event of response.TranscriptResultStream) {
      for (const result of event.TranscriptEvent?.Transcript?.Results ?? []) {
        if (!result.IsPartial) outcome.finals.push(result.Alternatives[0].Transcript);
      }
    }
  } catch (error) {
    outcome.error = {
      name: error.name,
      message: error.Message ?? error.message,
      fault: error.$fault,
      status: error.$metadata?.httpStatusCode,
      requestId: error.$metadata?.requestId,
    };
  }
  heardAll();
  return outcome;
}

// The SDK closes a WebSocket when its audio is over, and hears nothing more: so an empty event says that it is,
// and the iteration ends when the server has closed.
async function* events(audio, chunk, over) {
  for (let at = 0; at < audio.length; at += chunk) {
    yield { AudioEvent: { AudioChunk: audio.subarray(at, at + chunk) } };
  }
  yield { AudioEvent: { AudioChunk: new Uint8Array(0) } };
  await over;
}

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
