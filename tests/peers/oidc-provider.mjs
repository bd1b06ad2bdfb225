// An OpenID Connect provider on loopback: node oidc-provider.mjs [PORT]
//
// Its keys are made when it starts, so that a restart is a rotation. It prints one line, {"port": …}, and
// gives access tokens as JWTs to two clients by their credentials, one for each kind of key.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const SECRET = "secret-of-a-test-client";
const ALGORITHMS = { "client-rs256": "RS256", "client-es256": "ES256" };

const jwk = (pair, kid, alg) => ({ ...pair.privateKey.export({ format: "jwk" }), kid, alg, use: "sig" });
const stamp = Date.now().toString(36);
const keys = [
  jwk(generateKeyPairSync("rsa", { modulusLength: 2048 }), `rsa-${stamp}`, "RS256"),
  jwk(generateKeyPairSync("ec", { namedCurve: "P-256" }), `ec-${stamp}`, "ES256"),
];

const server = createServer();
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    jwks: { keys },
    scopes: ["openid", "transcribe", "other"],
    cookies: { keys: [stamp] },
    ttl: { ClientCredentials: 600 },
    clients: Object.keys(ALGORITHMS).map((client_id) => ({
      client_id,
      client_secret: SECRET,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience, client) => ({
          scope: "transcribe other",
          audience,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: ALGORITHMS[client.clientId] } },
        }),
      },
    },
  });
  server.on("request", provider.callback());
  console.log(JSON.stringify({ port }));
});
