"use strict";
// What the model can be asked to do with a selection: from the palette, a menu, or a code action of the server.

const vscode = require("vscode");
const { LSPErrorCodes } = require("vscode-languageclient/node");

/** Commands of the server, with what a person is told while they run. */
const DOINGS = {
  "cairn.explain": "explaining",
  "cairn.document": "documenting",
  "cairn.tests": "writing tests",
  "cairn.fix": "fixing",
  "cairn.edit": "editing",
};

/** Commands of this extension, each with the command of the server that it runs on the selection. */
const SELECTION_COMMANDS = {
  "cairn.explainSelection": "cairn.explain",
  "cairn.documentSelection": "cairn.document",
  "cairn.testSelection": "cairn.tests",
  "cairn.fixSelection": "cairn.fix",
  "cairn.editSelection": "cairn.edit",
};

/** Run a command of the server that asks the model; `show` gets the answer if it is a text and no edit. */
async function ask(server, command, argument, show) {
  const complete = command === "cairn.edit" && !argument.instruction ? await withInstruction(argument) : argument;
  if (!complete) {
    return;
  }
  const answer = await withProgress(DOINGS[command], (report, cancellation) =>
    server.execute(command, complete, report, cancellation),
  );
  if (typeof answer === "string" && answer) {
    show(answer);
  }
}

/** Ask about the selection, or what is around the cursor. */
async function askAboutSelection(server, command, show) {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return;
  }
  if (!server.offers(command)) {
    void vscode.window.showWarningMessage("Cairn's server does not run, or cannot do this yet. Is Cairn up to date?");
    return;
  }
  const { document, selection } = editor;
  const diagnostic = command === "cairn.fix" ? complaint(document, selection) : undefined;
  if (command === "cairn.fix" && !diagnostic) {
    void vscode.window.showInformationMessage("Nothing is reported here. Put the cursor on a problem.");
    return;
  }
  await ask(server, command, { ...server.place(document, selection), diagnostic }, show);
}

/** The first problem that is reported of a range, in words. */
function complaint(document, range) {
  return vscode.languages.getDiagnostics(document.uri).find((each) => each.range.intersection(range))?.message;
}

async function withInstruction(argument) {
  const instruction = await vscode.window.showInputBox({
    title: "Cairn: edit by instruction",
    placeHolder: "What to change, as: handle the empty list",
    ignoreFocusOut: true,
  });
  return instruction?.trim() ? { ...argument, instruction: instruction.trim() } : undefined;
}

async function withProgress(doing, work) {
  const options = { location: vscode.ProgressLocation.Notification, title: `Cairn: ${doing}`, cancellable: true };
  try {
    return await vscode.window.withProgress(options, (progress, cancellation) =>
      work((message) => progress.report({ message }), cancellation),
    );
  } catch (error) {
    if (error.code !== LSPErrorCodes.RequestCancelled) {
      void vscode.window.showErrorMessage(error.message);
    }
    return undefined;
  }
}

module.exports = { DOINGS, SELECTION_COMMANDS, ask, askAboutSelection };
