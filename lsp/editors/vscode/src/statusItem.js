"use strict";
// The item in the status bar, and what a click on it offers.

const vscode = require("vscode");
const { describe } = require("./status");

class StatusItem {
  constructor() {
    this.state = { client: "starting", server: undefined, isAutomatic: true };
    this.item = vscode.window.createStatusBarItem("cairn.status", vscode.StatusBarAlignment.Right, 100);
    this.item.name = "Cairn";
    this.item.command = "cairn.showStatus";
    this.update({});
    this.item.show();
  }

  /** Take over what changed of the state; see `describe`. */
  update(change) {
    this.state = { ...this.state, ...change };
    const { text, tooltip, isError } = describe(this.state);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = isError ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  }

  /** Show the state in words, with what can be done about it. */
  async pick() {
    const toggle = this.state.isAutomatic ? "Complete only on request" : "Complete while typing";
    const actions = [
      { label: `$(keyboard) ${toggle}`, command: "cairn.toggleAutomatic" },
      { label: "$(debug-restart) Restart", command: "cairn.restart" },
      { label: "$(output) Show log", command: "cairn.showLog" },
      { label: "$(gear) Settings", command: "cairn.showSettings" },
    ];
    const title = describe(this.state).tooltip.replaceAll("\n", " · ");
    const picked = await vscode.window.showQuickPick(actions, { title, placeHolder: "What to do" });
    if (picked) {
      await vscode.commands.executeCommand(picked.command);
    }
  }

  dispose() {
    this.item.dispose();
  }
}

module.exports = { StatusItem };
