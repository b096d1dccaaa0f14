"use strict";
// Where the `cairn` command is. Nothing is looked up in a workspace: it must not be able to slip in its own.

const fs = require("fs");
const path = require("path");

/** The absolute path of a program named in the settings, or undefined. `env`: PATH and HOME. */
function findProgram(name, env) {
  const expanded = name.trim().replace(/^~(?=\/)/, env.HOME ?? "~");
  if (expanded.includes("/")) {
    return path.isAbsolute(expanded) && isProgram(expanded) ? expanded : undefined;
  }
  const folders = (env.PATH ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, expanded)).find(isProgram);
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false; // not there, or not ours to run
  }
}

module.exports = { findProgram };
