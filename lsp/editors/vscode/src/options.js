"use strict";
// Settings of the editor as the server knows them: `cairn.maxTokens` is `max_tokens`.

const CLIENT_ONLY = new Set(["path"]);

/** `initializationOptions`: only what somebody has set, so that an older server has nothing unknown to complain about.
 *
 * @param names settings without their section, as in package.json
 * @param configuration vscode.WorkspaceConfiguration of the section
 */
function changedOptions(names, configuration) {
  const changed = names.filter((name) => !CLIENT_ONLY.has(name) && isSet(configuration.inspect(name)));
  return Object.fromEntries(changed.map((name) => [serverName(name), configuration.get(name)]));
}

function isSet(inspected) {
  const { globalValue, workspaceValue, workspaceFolderValue } = inspected ?? {};
  return [globalValue, workspaceValue, workspaceFolderValue].some((value) => value !== undefined);
}

function serverName(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

module.exports = { changedOptions, serverName };
