import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const WEB = new URL("../../web/", import.meta.url);
const files = (folder) =>
  readdirSync(new URL(folder, WEB))
    .filter((name) => name.endsWith(".js"))
    .map((name) => folder + name);
const LIBRARY = files("scribepass/");
const PAGE = files("page/");

/** A file without its comments: what is said about a thing is no use of it. */
const code = (name) => readFileSync(new URL(name, WEB), "utf8").replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");

/** Only the audio thread has the class that this one extends. */
const AUDIO_THREAD = "scribepass/capture-worklet.js";

for (const name of LIBRARY.filter((file) => file !== AUDIO_THREAD)) {
  test(`${name} touches nothing of a browser when it is imported`, async () => {
    for (const name of ["window", "document", "navigator", "AudioContext", "AudioWorkletNode"]) {
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => assert.fail(`${name} was touched`),
      });
    }
    await import(new URL(name, WEB));
  });
}

test("index.js exports what a frontend uses, by name, and nothing else", async () => {
  const exported = Object.keys(await import(new URL("scribepass/index.js", WEB)));
  assert.deepEqual(exported.sort(), [
    "LocalProtocolError",
    "MicrophoneError",
    "ProtocolError",
    "RemoteProtocolError",
    "ScribepassError",
    "StreamError",
    "TicketError",
    "Transcriber",
    "file",
    "microphone",
    "plainText",
    "screenAudio",
    "spans",
    "stream",
  ]);
});

const MARKUP = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|createContextualFragment/;
const KEPT = /localStorage|sessionStorage|indexedDB|\bcaches\b|document\.cookie|console\./;
/** Where the page hands its settings the storage in which they remember themselves. */
const WIRING = "page/main.js";
const EVALUATED = /\beval\(|new Function|setTimeout\(\s*["'`]/;

for (const name of [...LIBRARY, ...PAGE]) {
  test(`${name} makes no markup of text, stores nothing, prints nothing, evaluates nothing`, () => {
    const text = name === WIRING ? code(name).replaceAll("localStorage", "") : code(name);
    for (const forbidden of [MARKUP, KEPT, EVALUATED]) assert.doesNotMatch(text, forbidden);
  });

  test(`${name} has at most 300 lines`, () => {
    assert.ok(readFileSync(new URL(name, WEB), "utf8").split("\n").length <= 301);
  });
}

for (const name of [...LIBRARY, "page/main.js"]) {
  test(`${name} leaves the document to the view`, () => {
    assert.doesNotMatch(code(name), /\bdocument\b/);
  });
}

test("nothing comes from elsewhere: every import is a file of this folder", () => {
  for (const name of [...LIBRARY, ...PAGE]) {
    for (const [, from] of code(name).matchAll(/from "([^"]+)"/g)) {
      const target = fileURLToPath(new URL(from, new URL(name, WEB)));
      assert.ok(target.startsWith(fileURLToPath(WEB)) && readFileSync(target), `${name}: ${from}`);
    }
  }
});

test("index.html lives with the strictest policy: no inline script, style or handler, no address", () => {
  const html = readFileSync(new URL("index.html", WEB), "utf8");
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:|\/\/|<script(?![^>]*\ssrc=)/i);
  for (const [, path] of html.matchAll(/\s(?:src|href)="([^"]+)"/g)) assert.ok(readFileSync(new URL(path, WEB)));
  assert.doesNotMatch(readFileSync(new URL("styles.css", WEB), "utf8"), /@import|url\(/);
});

test("package.json names a package without dependencies", () => {
  const manifest = JSON.parse(readFileSync(new URL("package.json", WEB), "utf8"));
  assert.deepEqual([manifest.name, manifest.type], ["scribepass", "module"]);
  assert.deepEqual(manifest.sideEffects, [`./${AUDIO_THREAD}`]);
  for (const kind of ["dependencies", "devDependencies", "peerDependencies"]) assert.equal(manifest[kind], undefined);
  const targets = Object.values(manifest.exports);
  const paths = targets.flatMap((target) => (typeof target === "string" ? target : Object.values(target)));
  for (const path of paths) assert.ok(readFileSync(new URL(path, WEB)));
});
