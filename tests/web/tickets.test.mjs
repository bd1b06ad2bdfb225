import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { StreamError, TicketError } from "../../web/scribepass/errors.js";
import { reportClosed, requestTicket } from "../../web/scribepass/tickets.js";
import { answer, fakeFetch, FakeWebSocket, SECRET_URL, stopTheClock, ticketBody } from "./support/fakes.mjs";

const PARAMETERS = { "language-code": "en-US", "media-encoding": "pcm", "sample-rate": 16000 };
const request = (fetch, more = {}) => requestTicket({ url: "/presign", parameters: PARAMETERS, fetch, ...more });
const refused = async (...args) => {
  const error = await request(...args).then(assert.fail, (reason) => reason);
  assert.ok(error instanceof TicketError, inspect(error));
  return error;
};

test("a ticket is asked for with the parameters as JSON, and never out of a cache", async () => {
  const fetch = fakeFetch(answer(201, ticketBody()));
  await request(fetch, { headers: async () => ({ Authorization: "Bearer sp_x" }) });
  const [{ url, method, body, headers, cache, redirect, referrerPolicy }] = fetch.calls;
  assert.deepEqual([url, method, cache, redirect, referrerPolicy], ["/presign", "POST", "no-store", "error", "no-referrer"]);
  assert.deepEqual(JSON.parse(body), PARAMETERS);
  assert.deepEqual([...headers], [["authorization", "Bearer sp_x"], ["content-type", "application/json"]]);
});

test("a ticket says what is no secret, and opens a socket", async () => {
  const ticket = await request(fakeFetch(answer(201, ticketBody())));
  assert.equal(ticket.host, "transcribestreaming.us-east-1.amazonaws.com:8443");
  assert.equal(ticket.sessionId, ticketBody().session_id);
  assert.equal(ticket.region, "us-east-1");
  assert.equal(ticket.expired, false);
  assert.equal(ticket.connect(FakeWebSocket).url, SECRET_URL);
});

test("the end of a session is told to the service that gave the ticket, and outlives the page", async () => {
  const ticket = await request(fakeFetch(answer(201, ticketBody())));
  const fetch = fakeFetch(answer(200, {}));
  const headers = async () => ({ Authorization: "Bearer sp_x" });
  for (const url of ["/presign", "https://t.example/base/presign"]) await reportClosed(ticket, { url, headers, fetch });
  assert.deepEqual(
    fetch.calls.map(({ url }) => url),
    [`/sessions/${ticket.ticketId}/closed`, `https://t.example/base/sessions/${ticket.ticketId}/closed`],
  );
  const [{ method, keepalive, redirect, referrerPolicy, headers: sent }] = fetch.calls;
  assert.deepEqual([method, keepalive, redirect, referrerPolicy], ["POST", true, "error", "no-referrer"]);
  assert.deepEqual([...sent], [["authorization", "Bearer sp_x"]]);
});

test("another's address for tickets is not asked, and a report that fails is no error", async () => {
  const ticket = await request(fakeFetch(answer(201, ticketBody())));
  const fetch = fakeFetch(answer(200, {}));
  for (const url of ["/api/tickets", "/presign?x=1", "/presign/"]) await reportClosed(ticket, { url, fetch });
  assert.equal(fetch.calls.length, 0);
  await reportClosed(ticket, { url: "/presign", fetch: () => Promise.reject(new TypeError("Failed to fetch")) });
});

test("a ticket expires by the time that the service gave it", async () => {
  const ticket = await request(fakeFetch(answer(201, ticketBody({ expires_in: 0 }))));
  assert.equal(ticket.expired, true);
});

test("the URL cannot be had from a ticket in any other way", async () => {
  const ticket = await request(fakeFetch(answer(201, ticketBody())));
  const seen = [JSON.stringify(ticket), inspect(ticket, { depth: 9, showHidden: true }), String(ticket), JSON.stringify(structuredClone(ticket))];
  for (const text of seen) assert.doesNotMatch(text, /Signature|5ec2e7/);
});

test("a browser that refuses to connect does not make the URL part of an error", async () => {
  const ticket = await request(fakeFetch(answer(201, ticketBody())));
  const Refusing = class {
    constructor(url) {
      throw new DOMException(`refused to connect to ${url}`, "SecurityError");
    }
  };
  assert.throws(
    () => ticket.connect(Refusing),
    (error) => error instanceof StreamError && !/5ec2e7/.test(inspect(error, { depth: 9, showHidden: true })),
  );
});

test("a refusal carries the service's own sentences, every one", async () => {
  const problem = {
    type: "about:blank",
    title: "Invalid parameters",
    status: 400,
    detail: "2 parameters cannot be signed.",
    problems: [
      { field: "language-code", code: "value", message: "xx-XX is not a language" },
      { field: "sample-rate", code: "range", message: "must be 8000 to 48000" },
    ],
  };
  const error = await refused(fakeFetch(answer(400, problem)));
  assert.equal(error.status, 400);
  assert.deepEqual(error.problem, problem);
  assert.deepEqual(error.details, [
    "2 parameters cannot be signed.",
    "language-code: xx-XX is not a language",
    "sample-rate: must be 8000 to 48000",
  ]);
});

for (const [what, status, body, headers, details, retryAfter] of [
  ["a title alone", 403, { title: "Forbidden" }, {}, ["Forbidden"], null],
  ["no body", 502, "", {}, ["It answered with status 502."], null],
  ["a page of a proxy", 504, "<html>", {}, ["It answered with status 504."], null],
  ["JSON that is no object", 500, "null", {}, ["It answered with status 500."], null],
  ["a detail that is no text", 500, { detail: { a: 1 } }, {}, ["It answered with status 500."], null],
  ["a time to wait", 429, { detail: "too many requests" }, { "Retry-After": "12" }, ["too many requests"], 12],
  ["a date to wait for", 503, { detail: "away" }, { "Retry-After": "Wed, 21 Oct 2015" }, ["away"], null],
]) {
  test(`a refusal with ${what} is told as well as it can be`, async () => {
    const error = await refused(fakeFetch(answer(status, body, headers)));
    assert.deepEqual([error.status, error.details, error.retryAfter], [status, details, retryAfter]);
    assert.equal(error.advice.includes("12 s"), retryAfter === 12);
  });
}

for (const [what, body] of [
  ["a page", "<!doctype html>"],
  ["no URL", { session_id: "x" }],
  ["a URL of the web", { url: "https://example.com/" }],
  ["a URL that is none", { url: "wss//" }],
  ["a script", { url: "javascript:alert(1)" }],
]) {
  test(`an answer with ${what} is no ticket`, async () => {
    const error = await refused(fakeFetch(answer(200, body)));
    assert.equal(error.message, "The service's answer is not a ticket.");
    assert.doesNotMatch(inspect(error), /example|alert/);
  });
}

test("a service that cannot be reached is told as that", async () => {
  const error = await refused(fakeFetch(() => Promise.reject(new TypeError("Failed to fetch"))));
  assert.deepEqual([error.status, error.message], [0, "The service cannot be reached."]);
  assert.equal(error.cause, undefined);
});

test("a service that does not answer within ten seconds cannot be reached", async (t) => {
  stopTheClock(t);
  const hanging = fakeFetch(({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  const refusal = refused(hanging);
  while (!hanging.calls.length) await Promise.resolve();
  t.mock.timers.tick(10_000);
  assert.equal((await refusal).message, "The service cannot be reached.");
});

for (const when of ["before", "meanwhile"]) {
  test(`a request that is aborted ${when} rejects with the signal's reason`, async () => {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const fetch = fakeFetch(({ signal }) => {
      controller.abort(reason);
      return signal.aborted ? Promise.reject(signal.reason) : assert.fail("the signal was not passed on");
    });
    if (when === "before") controller.abort(reason);
    await assert.rejects(request(fetch, { signal: controller.signal }), reason);
    assert.equal(fetch.calls.length, when === "before" ? 0 : 1);
  });
}
