/** The page's pure parts: settings, what they ask for, what excludes what, and the sound that is kept. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { languagesFor, offered, readCatalogue, searched, UNKNOWN } from "../../web/page/catalogue.js";
import { createCredentials } from "../../web/page/credentials.js";
import { createLatency } from "../../web/page/latency.js";
import { conflicts, isStereo, requestFor } from "../../web/page/parameters.js";
import { recorded, Recording } from "../../web/page/recording.js";
import { DEFAULTS, readSettings, writeSettings } from "../../web/page/settings.js";
import { behind, countdown, resumed, size } from "../../web/page/words.js";

const wish = (change) => ({ ...DEFAULTS, ...change });
const asked = (change, catalogue = UNKNOWN) => requestFor(wish(change), catalogue).parameters;
const wrong = (change) => conflicts(wish(change)).map(({ field }) => field);

const CATALOGUE = readCatalogue({
  operations: ["standard", "medical"],
  default_region: "us-east-1",
  regions: ["us-east-1", "eu-west-1"],
  languages: [
    { code: "pt-BR", name: "Portuguese, Brazilian", operations: ["standard"], regions: ["us-east-1"] },
    { code: "en-US", name: "English, US", operations: ["standard", "medical"], regions: ["us-east-1", "eu-west-1"] },
    { code: "gl-ES", name: "Galician, Señor's", operations: ["standard"], regions: ["eu-west-1"] },
  ],
});

function store(text = null) {
  const kept = { text };
  return { kept, storage: () => ({ getItem: () => kept.text, setItem: (_, value) => (kept.text = value) }) };
}

test("settings come back as they were", () => {
  const { storage } = store();
  const settings = wish({
    source: "screen",
    options: ["en-US", "fr-FR"],
    speakers: true,
    captionSize: 5,
    vocabulary: "a-b",
  });
  writeSettings(storage, settings);
  assert.deepEqual(readSettings(storage), settings);
});

for (const [name, text] of [
  ["nothing", null],
  ["no JSON", "{"],
  ["null", "null"],
  ["a list", "[]"],
  [
    "values of other kinds",
    '{"source":"x","options":"en-US","speakers":1,"captionSize":99,"language":{},"piiTypes":[1]}',
  ],
  ["a text without end", JSON.stringify({ vocabulary: "x".repeat(1e5) })],
]) {
  test(`${name} in the storage is as if there were none`, () =>
    assert.deepEqual(readSettings(store(text).storage), DEFAULTS));
}

test("members that nobody knows are not kept", () => {
  assert.equal("secret" in readSettings(store('{"secret":"x","__proto__":{"speakers":true}}').storage), false);
});

test("a browser that keeps nothing is no fault", () => {
  const blocked = () => {
    throw new DOMException("denied", "SecurityError");
  };
  assert.equal(readSettings(blocked), DEFAULTS);
  assert.doesNotThrow(() => writeSettings(blocked, DEFAULTS));
});

test("without settings nothing is asked for beside the language", () => {
  assert.deepEqual(requestFor(DEFAULTS, UNKNOWN), { operation: "standard", language: "en-US", parameters: {} });
});

for (const [name, change, parameters] of [
  ["speakers", { speakers: true }, { "show-speaker-label": true }],
  ["a vocabulary", { vocabulary: " terms " }, { "vocabulary-name": "terms" }],
  [
    "a filter",
    { filter: "bad", filterMethod: "tag" },
    { "vocabulary-filter-name": "bad", "vocabulary-filter-method": "tag" },
  ],
  ["no filter, no method", { filterMethod: "tag" }, {}],
  ["marking", { pii: "label" }, { "content-identification-type": "PII" }],
  [
    "replacing",
    { pii: "redact", piiTypes: ["NAME", "SSN"] },
    { "content-redaction-type": "PII", "pii-entity-types": "NAME,SSN" },
  ],
  [
    "stability",
    { stability: "low" },
    { "enable-partial-results-stabilization": true, "partial-results-stability": "low" },
  ],
  [
    "one language of several",
    { identification: "one", options: ["en-US", "fr-FR"], preferred: "fr-FR", vocabulary: "a,b" },
    {
      "identify-language": true,
      "language-options": "en-US,fr-FR",
      "preferred-language": "fr-FR",
      "vocabulary-names": "a,b",
    },
  ],
  [
    "several languages, none preferred",
    { identification: "several", options: ["en-US", "fr-FR"], preferred: "fr-FR", filter: "f" },
    {
      "identify-multiple-languages": true,
      "language-options": "en-US,fr-FR",
      "vocabulary-filter-names": "f",
      "vocabulary-filter-method": "mask",
    },
  ],
  [
    "medical: of its own parameters only",
    {
      operation: "medical",
      identification: "one",
      pii: "redact",
      stability: "high",
      filter: "f",
      specialty: "UROLOGY",
    },
    { specialty: "UROLOGY", type: "CONVERSATION", "content-identification-type": "PHI" },
  ],
  [
    "call analytics: no speakers",
    { operation: "call-analytics", speakers: true, channels: true, pii: "label" },
    { "content-identification-type": "PII" },
  ],
]) {
  test(`asked for: ${name}`, () => assert.deepEqual(asked(change), parameters));
}

test("call analytics says who is on which channel, and needs two", () => {
  const { configuration } = requestFor(wish({ operation: "call-analytics", agent: "1" }), UNKNOWN);
  assert.deepEqual(
    configuration.ChannelDefinitions.map(({ ParticipantRole }) => ParticipantRole),
    ["CUSTOMER", "AGENT"],
  );
  assert.equal(isStereo(wish({ operation: "call-analytics" }), UNKNOWN), true);
  assert.equal(isStereo(wish({}), UNKNOWN), false);
  assert.equal(isStereo(wish({ channels: true }), UNKNOWN), true);
});

test("what the service locks is asked for as it is locked, and nothing instead", () => {
  const locked = { "show-speaker-label": "true", "content-redaction-type": "PII", "language-code": "de-DE" };
  const catalogue = { ...UNKNOWN, locked: { standard: locked } };
  const request = requestFor(wish({ pii: "label", piiTypes: ["NAME"] }), catalogue);
  assert.equal(request.language, "de-DE");
  assert.deepEqual(request.parameters, {
    "show-speaker-label": "true",
    "content-redaction-type": "PII",
    "pii-entity-types": "NAME",
  });
  assert.equal(
    isStereo(wish({}), { ...UNKNOWN, locked: { standard: { "enable-channel-identification": "true" } } }),
    true,
  );
});

for (const [name, change, fields] of [
  ["nothing is wrong by itself", {}, []],
  ["speakers and channels", { speakers: true, channels: true }, ["speakers"]],
  ["… not so where channels are how it is", { operation: "call-analytics", speakers: true, channels: true }, []],
  ["too few languages", { identification: "one", options: ["en-US"] }, ["options"]],
  ["two dialects", { identification: "several", options: ["en-US", "en-GB"] }, ["options"]],
  [
    "a preferred one that is not among them",
    { identification: "one", options: ["en-US", "fr-FR"], preferred: "de-DE" },
    ["preferred"],
  ],
  [
    "replacing while a language is found out",
    { identification: "one", options: ["en-US", "fr-FR"], pii: "redact" },
    ["pii"],
  ],
  ["… not so for several", { identification: "several", options: ["en-US", "fr-FR"], pii: "redact" }, []],
  ["a name that is none", { vocabulary: "my words" }, ["vocabulary"]],
  ["several names where one is wanted", { filter: "a,b" }, ["filter"]],
  ["what the operation does not have", { operation: "medical", identification: "one", filter: "a b" }, []],
]) {
  test(`conflicts: ${name}`, () => assert.deepEqual(wrong(change), fields));
}

test("the list follows operation and region, by name", () => {
  const codes = (change) => languagesFor(wish(change), CATALOGUE).map(({ code }) => code);
  assert.deepEqual(codes({}), ["en-US", "pt-BR"]);
  assert.deepEqual(codes({ region: "eu-west-1" }), ["en-US", "gl-ES"]);
  assert.deepEqual(codes({ operation: "medical" }), ["en-US"]);
});

test("what is not offered any more is replaced by what is", () => {
  const settings = offered(
    wish({ operation: "call-analytics", region: "mars-1", language: "pt-PT", options: ["en-US", "xx"] }),
    CATALOGUE,
  );
  assert.deepEqual(
    [settings.operation, settings.region, settings.language, settings.options],
    ["standard", "", "en-US", ["en-US"]],
  );
});

for (const [search, codes] of [
  ["", ["pt-BR", "en-US", "gl-ES"]],
  ["bra", ["pt-BR"]],
  ["BR", ["pt-BR"]],
  ["us eng", ["en-US"]],
  ["senor", ["gl-ES"]],
  ["en-us", ["en-US"]],
  ["  ", ["pt-BR", "en-US", "gl-ES"]],
  ["glish", []],
  ["us", ["en-US"]],
  ["[.*", ["pt-BR", "en-US", "gl-ES"]],
]) {
  test(`searching for “${search}”`, () => {
    assert.deepEqual(
      searched(CATALOGUE.languages, search).map(({ code }) => code),
      codes,
    );
  });
}

test("a key or a token becomes a header, and is gone when it is forgotten", () => {
  const credentials = createCredentials();
  assert.deepEqual(credentials.headers(), {});
  assert.equal(credentials.set("key", " sp_abc "), true);
  assert.deepEqual(credentials.headers(), { "X-API-Key": "sp_abc" });
  assert.equal(credentials.set("token", "eyJ.a.b"), true);
  assert.deepEqual(credentials.headers(), { Authorization: "Bearer eyJ.a.b" });
  credentials.forget();
  assert.deepEqual([credentials.headers(), credentials.present], [{}, false]);
  assert.equal(JSON.stringify(credentials).includes("eyJ"), false);
});

for (const secret of ["", "two words", "ключ", "line\nbreak", "\u202eabc"]) {
  test(`${JSON.stringify(secret)} cannot be a key`, () => assert.equal(createCredentials().set("key", secret), false));
}

test("latency: median and tail of the last results; what is unknown does not count", () => {
  const latency = createLatency();
  assert.equal(latency.percentile(0.5), null);
  for (const time of [null, undefined, Number.NaN, -1, ...Array(600).keys()]) latency.add(time);
  assert.deepEqual([latency.percentile(0.5), latency.percentile(0.95)], [350, 575]);
});

const chunk = (value, frames = 1600) => Int16Array.from({ length: frames }, () => value).buffer;

test("a recording gives back what was said when", () => {
  const recording = new Recording();
  for (let tenth = 0; tenth < 20; tenth++) recording.add(chunk(tenth * 1000));
  assert.equal(recording.seconds, 2);
  const { rate, channels } = recording.samples(0.45, 0.75);
  assert.deepEqual([rate, channels.length, channels[0].length], [16000, 1, 4800]);
  assert.deepEqual(
    [channels[0][0], channels[0][800], channels[0][4799]].map((sample) => Math.round(sample * 32768)),
    [4000, 5000, 7000],
  );
  assert.equal(recording.samples(1.95, 99).channels[0].length, 800);
});

test("of live sound the last ten minutes are kept, and times stay true", () => {
  const recording = new Recording();
  recording.begin({ rate: 16000, channels: 1 }, true);
  for (let second = 0; second < 700; second++) recording.add(chunk(second, 16000));
  assert.deepEqual(
    [recording.seconds, recording.holds(99), recording.holds(100), recording.holds(700)],
    [700, false, true, false],
  );
  assert.equal(Math.round(recording.samples(650, 650.1).channels[0][0] * 32768), 650);
});

test("two channels stay two", async () => {
  const recording = new Recording();
  const heard = [];
  const source = {
    async open(sink) {
      sink.onChunk(Int16Array.of(1000, -1000, 2000, -2000).buffer, { rms: 0, peak: 0 });
      heard.push(sink.backlog);
      return { sampleRate: 16000, channels: 2, live: true, stop: async () => {} };
    },
  };
  await recorded(source, recording).open({ onChunk: (pcm) => heard.push(pcm.byteLength), onEnd() {}, backlog: 7 });
  assert.deepEqual(heard, [8, 7]);
  const { channels } = recording.samples(0, 1);
  assert.deepEqual(
    channels.map((each) => Array.from(each, (sample) => Math.round(sample * 32768))),
    [
      [1000, 2000],
      [-1000, -2000],
    ],
  );
});

test("words for what is going on", () => {
  assert.equal(countdown(1, 0), "");
  assert.equal(countdown(2, 2.4), "Again in 3 s, try 2");
  assert.equal(resumed(0.2), "Connected again.");
  assert.match(resumed(3.4), /3 s are sent again/);
  assert.equal(behind({ seconds: 2, limit: 60, dropped: 0 }), "");
  assert.match(
    behind({ seconds: 30, limit: 60, dropped: 0 }),
    /30 s of sound wait.*From 60 s on the oldest is dropped/,
  );
  assert.match(
    behind({ seconds: 60, limit: 60, dropped: 4.2 }),
    /^5 s could not be kept and are missing\. The connection/,
  );
  assert.equal(behind({ seconds: 1, limit: 60, dropped: 4.2 }), "5 s could not be kept and are missing.");
  assert.deepEqual([size(3200), size(2_560_000)], ["3 kB", "2.6 MB"]);
});
