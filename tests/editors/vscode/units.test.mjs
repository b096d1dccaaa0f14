// The extension's parts that need no editor, as a specification. Run by `node --test`, from test_vscode_units.py.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const source = "../../../lsp/editors/vscode/src";
const { findProgram } = require(`${source}/program`);
const { changedOptions } = require(`${source}/options`);
const { describe } = require(`${source}/status`);

const home = fs.mkdtempSync(path.join(os.tmpdir(), "cairn-units-"));
const program = path.join(home, "cairn");
fs.writeFileSync(program, "", { mode: 0o755 });
fs.writeFileSync(path.join(home, "text"), "", { mode: 0o644 });
test.after(() => fs.rmSync(home, { recursive: true }));

test("a name is looked up in the PATH, in its order", () => {
  assert.equal(findProgram("cairn", { PATH: `/nowhere:${home}` }), program);
  assert.equal(findProgram("cairn", { PATH: "/nowhere" }), undefined);
  assert.equal(findProgram("cairn", {}), undefined);
});

test("a path is taken as it is, with ~ for the home", () => {
  assert.equal(findProgram(program, { PATH: "" }), program);
  assert.equal(findProgram(" ~/cairn ", { PATH: "", HOME: home }), program);
  assert.equal(findProgram("/nowhere/cairn", { PATH: home }), undefined);
});

test("nothing is looked up relative to the working folder, which may be somebody else's workspace", () => {
  const before = process.cwd();
  process.chdir(home);
  try {
    assert.equal(findProgram("./cairn", { PATH: home }), undefined);
    assert.equal(findProgram("cairn", { PATH: ".::" }), undefined);
    assert.equal(findProgram("", { PATH: home }), undefined);
  } finally {
    process.chdir(before);
  }
});

test("what cannot be run is no program", () => {
  assert.equal(findProgram("text", { PATH: home }), undefined);
  assert.equal(findProgram(home, { PATH: "" }), undefined);
});

test("settings that somebody set are sent by the server's names, others are not, and the path never is", () => {
  const values = { path: "/bin/cairn", maxTokens: 9, crossFile: false, languagesOff: [] };
  const set = { path: "globalValue", maxTokens: "workspaceValue", crossFile: "workspaceFolderValue" };
  const configuration = {
    get: (name) => values[name],
    inspect: (name) => ({ defaultValue: 0, [set[name] ?? "other"]: values[name] }),
  };

  const options = changedOptions(["path", "maxTokens", "crossFile", "languagesOff"], configuration);

  assert.deepEqual(options, { max_tokens: 9, cross_file: false });
});

test("a server that says nothing is ready", () => {
  const shown = describe({ client: "running", server: undefined, isAutomatic: true });

  assert.deepEqual(shown, { text: "$(layers) Cairn", tooltip: "Cairn\nReady.", isError: false });
});

for (const [state, text] of [
  ["idle", "$(layers) Cairn"],
  ["busy", "$(sync~spin) Cairn"],
  ["loading", "$(loading~spin) Cairn: loading"],
  ["failed", "$(error) Cairn: failed"],
  ["off", "$(circle-slash) Cairn: off"],
  ["never heard of", "$(layers) Cairn"],
]) {
  test(`the state "${state}" of the server is shown, with its model and message in the tooltip only`, () => {
    const server = { state, model: "qwen", message: "2 tokens" };

    const shown = describe({ client: "running", server, isAutomatic: true });

    assert.equal(shown.text, text);
    assert.equal(shown.tooltip, "Cairn · qwen\n2 tokens");
    assert.equal(shown.isError, state === "failed");
  });
}

test("what a server said before it ended is not shown", () => {
  const server = { state: "busy", model: "qwen", message: "2 tokens" };

  assert.equal(describe({ client: "failed", server, isAutomatic: true }).text, "$(error) Cairn: stopped");
  assert.equal(describe({ client: "missing", server, isAutomatic: true }).text, "$(warning) Cairn: not found");
  assert.ok(!describe({ client: "failed", server, isAutomatic: true }).tooltip.includes("qwen"));
});

test("completion on request only is said", () => {
  const shown = describe({ client: "running", server: undefined, isAutomatic: false });

  assert.equal(shown.text, "$(layers) Cairn: on request");
  assert.match(shown.tooltip, /only on request \(Alt\+\\\)/);
});
