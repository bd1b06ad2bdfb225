// An Express server that signs the same URL with @smithy/signature-v4, and does nothing else.
//
//   node tests/bench/express.mjs PORT      credentials as AWS's SDKs read them from the environment

import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const express = require("express");
const { SignatureV4 } = require("@smithy/signature-v4");
const { Sha256 } = require("@aws-crypto/sha256-js");

const HOST = "transcribestreaming.us-east-1.amazonaws.com";
const PORT = 8443;
const LIFE = 60;

const signer = new SignatureV4({
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  },
  region: "us-east-1",
  service: "transcribe",
  sha256: Sha256,
  applyChecksum: false,
});

const app = express();
app.use(express.json());
app.post("/presign", async (request, response) => {
  const now = new Date();
  const sessionId = randomUUID();
  const parameters = { ...request.body, "sample-rate": String(request.body["sample-rate"]), "session-id": sessionId };
  const signed = await signer.presign(
    {
      method: "GET",
      protocol: "wss:",
      hostname: HOST,
      port: PORT,
      path: "/stream-transcription-websocket",
      query: parameters,
      headers: { host: `${HOST}:${PORT}` },
    },
    { expiresIn: LIFE, signingDate: now },
  );
  const query = Object.entries(signed.query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  response.status(201).json({
    url: `wss://${HOST}:${PORT}${signed.path}?${query}`,
    session_id: sessionId,
    operation: "standard",
    region: "us-east-1",
    parameters,
    expires_in: LIFE,
    expires_at: new Date(now.getTime() + LIFE * 1000).toISOString(),
    server_time: now.toISOString(),
  });
});
app.get("/readyz", (_request, response) => response.json({ status: "ready" }));
app.listen(Number(process.argv[2]), "127.0.0.1");
