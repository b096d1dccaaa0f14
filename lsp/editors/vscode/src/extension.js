"use strict";
// What the extension offers, and what belongs to what.

const vscode = require("vscode");
const { Answers } = require("./answers");
const { DOINGS, SELECTION_COMMANDS, ask, askAboutSelection } = require("./asks");
const { Patience } = require("./patience");
const { Server } = require("./server");
const { StatusItem } = require("./statusItem");

let server;

exports.activate = (context) => {
  const log = vscode.window.createOutputChannel("Cairn", { log: true });
  const status = new StatusItem();
  const answers = new Answers();
  const show = (answer) => answers.show(answer);
  const patience = new Patience();
  server = new Server({
    settingNames: settingNames(context.extension.packageJSON),
    log,
    onState: (change) => status.update(change),
    middleware: {
      executeCommand: (command, args, next) => executeCommand(command, args, next, show),
      provideInlineCompletionItems: (...request) => patience.provideInlineCompletionItems(...request),
    },
  });

  const commands = {
    "cairn.complete": complete,
    "cairn.toggleAutomatic": toggleAutomatic,
    "cairn.showStatus": () => status.pick(),
    "cairn.showLog": () => log.show(true),
    "cairn.showSettings": () => vscode.commands.executeCommand("workbench.action.openSettings", "cairn."),
    "cairn.restart": () => server.restart(),
  };
  for (const [name, command] of Object.entries(SELECTION_COMMANDS)) {
    commands[name] = () => askAboutSelection(server, command, show);
  }
  context.subscriptions.push(log, status, answers, vscode.workspace.onDidChangeConfiguration(takeSettings));
  context.subscriptions.push(...Object.entries(commands).map((entry) => vscode.commands.registerCommand(...entry)));
  void server.restart(); // the editor does not wait for it
};

exports.deactivate = () => server?.stop();

function settingNames(packageJson) {
  return Object.keys(packageJson.contributes.configuration.properties).map((name) => name.replace("cairn.", ""));
}

/** The server's own commands, as its code actions run them. */
function executeCommand(command, args, next, show) {
  if (command === "cairn.completeHere") {
    return complete();
  }
  return command in DOINGS ? ask(server, command, args[0], show) : next(command, args);
}

function complete() {
  return vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
}

function toggleAutomatic() {
  const configuration = vscode.workspace.getConfiguration("cairn");
  return configuration.update("automatic", !configuration.get("automatic"), vscode.ConfigurationTarget.Global);
}

function takeSettings(change) {
  if (change.affectsConfiguration("cairn.path")) {
    void server.restart();
  } else if (change.affectsConfiguration("cairn")) {
    void server.configure();
  }
}
