/**
 * scribepass: the microphone straight to Amazon Transcribe, in a few lines.
 *
 *     const transcriber = new Transcriber({ presign: "/presign", language: "en-US" });
 *     transcriber.addEventListener("transcript", (event) => render(event.transcript));
 *     transcriber.addEventListener("error", (event) => explain(event.error));
 *     await transcriber.start(microphone()); // in the click handler
 *     await transcriber.stop();              // the last words have arrived
 */
export {
  LocalProtocolError,
  MicrophoneError,
  ProtocolError,
  RemoteProtocolError,
  ScribepassError,
  StreamError,
  TicketError,
} from "./errors.js";
export { file } from "./file.js";
export { microphone } from "./microphone.js";
export { screenAudio } from "./screen.js";
export { stream } from "./stream.js";
export { Transcriber } from "./transcriber.js";
export { plainText, spans } from "./transcript.js";
