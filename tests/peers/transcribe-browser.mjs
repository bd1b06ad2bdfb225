// The same in a browser, as a bundle: globalThis.transcribe(RUNS) with the SDK's own choice of everything.
import { TranscribeStreamingClient } from "@aws-sdk/client-transcribe-streaming";
import { play } from "./scenes.mjs";

globalThis.transcribe = ({ runs, ...options }) =>
  play(runs, (credentials) => new TranscribeStreamingClient({ ...options, credentials, maxAttempts: 1 }));
