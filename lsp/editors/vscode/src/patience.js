"use strict";
// Slow answers. After 750 ms without ghost text the editor opens its menu of words, drops the request and does not ask
// again (1.139: `editor.quickSuggestions` is "offWhenInlineCompletions" if nobody sets it). A model on a laptop's
// processor needs longer; so the request is kept while the cursor rests, and its answer shown when it comes.

const vscode = require("vscode");

const MOVE_MS = 50; // where the editor drops a request because of a key, it tells of the key right after

class Patience {
  constructor() {
    this.late = undefined; // {place, items} of an answer that came after the editor had dropped its request
  }

  /** Middleware of vscode-languageclient. */
  provideInlineCompletionItems(document, position, context, token, next) {
    const place = { document, version: document.version, position };
    if (this.late && !isSame(this.late.place, place)) {
      this.late = undefined;
    }
    if (this.late && !context.selectedCompletionInfo) {
      return this.late.items; // the menu is not open, or not any more
    }
    const request = new vscode.CancellationTokenSource();
    const answer = Promise.resolve(next(document, position, context, request.token));
    const dropped = token.onCancellationRequested(() => this.keep(place, answer, request));
    return answer.finally(() => dropped.dispose());
  }

  async keep(place, answer, request) {
    await new Promise((resolve) => setTimeout(resolve, MOVE_MS));
    if (!isCursorAt(place)) {
      request.cancel();
      return;
    }
    const items = await answer.catch(() => undefined); // the client has logged it
    if (hasItems(items) && isCursorAt(place)) {
      this.late = { place, items };
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    }
  }
}

function isCursorAt({ document, version, position }) {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document !== document || document.version !== version || !vscode.window.state.focused) {
    return false;
  }
  return editor.selection.isEmpty && editor.selection.active.isEqual(position);
}

function isSame(one, other) {
  return one.document === other.document && one.version === other.version && one.position.isEqual(other.position);
}

function hasItems(answer) {
  return (answer?.items ?? answer ?? []).length > 0;
}

module.exports = { Patience };
