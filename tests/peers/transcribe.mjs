// AWS's own JavaScript SDK against an endpoint: node transcribe.mjs < PLAN
//
// The plan is JSON on stdin: {"transport": "http2" | "websocket", "endpoint", "port"?, "runs": [RUN, …]}, each
// run {"credentials", "parameters", "audio": base64, "chunk": bytes}. It prints what scenes.mjs makes of them.
// Nothing of the SDK is replaced. The port that it adds to a WebSocket's host can be another one here, by one
// of the SDK's own middlewares.
import { TranscribeStreamingClient } from "@aws-sdk/client-transcribe-streaming";
import { WebSocketFetchHandler } from "@aws-sdk/middleware-websocket";
import { WebSocket } from "ws";
import { play } from "./scenes.mjs";

const pieces = [];
for await (const piece of process.stdin) pieces.push(piece);
const plan = JSON.parse(Buffer.concat(pieces).toString());

globalThis.WebSocket = WebSocket; // Node 20 has none of its own

const clientOf = (credentials) => {
  const handler = plan.transport === "websocket" ? { requestHandler: new WebSocketFetchHandler() } : {};
  const client = new TranscribeStreamingClient({
    region: plan.region,
    endpoint: plan.endpoint,
    credentials,
    maxAttempts: 1,
    ...handler,
  });
  if (plan.transport === "websocket" && plan.port) {
    const another = (next) => (args) => {
      args.request.hostname = args.request.hostname.replace(":8443", `:${plan.port}`);
      args.request.headers.host = args.request.hostname;
      return next(args);
    };
    client.middlewareStack.addRelativeTo(another, {
      name: "anotherPort",
      relation: "after",
      toMiddleware: "websocketPortMiddleware",
    });
  }
  return client;
};

console.log(JSON.stringify(await play(plan.runs, clientOf)));
process.exit(0);
