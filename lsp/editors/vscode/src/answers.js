"use strict";
// Texts of the model, rendered. The page may load nothing: an image in an answer would tell its host what was asked.

const vscode = require("vscode");

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";
const STYLE = `
  body { max-width: 46em; padding: 0.5em 1.5em; line-height: 1.5; }
  pre { padding: 0.8em 1em; overflow-x: auto; background: var(--vscode-textCodeBlock-background); }
  img { display: none; }
  code { font-family: var(--vscode-editor-font-family); font-size: 0.95em; }
`;

class Answers {
  /** Show a Markdown text beside the editor, in place of the last one. */
  async show(markdown) {
    const html = await vscode.commands.executeCommand("markdown.api.render", markdown);
    this.panel ??= this.open();
    this.panel.webview.html = page(html);
    this.panel.reveal(vscode.ViewColumn.Beside, true);
  }

  open() {
    const panel = vscode.window.createWebviewPanel(
      "cairn.answer",
      "Cairn",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: false, enableFindWidget: true, localResourceRoots: [] },
    );
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }

  dispose() {
    this.panel?.dispose();
  }
}

function page(body) {
  return `<!DOCTYPE html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"><style>${STYLE}</style></head>
<body>${body}</body></html>`;
}

module.exports = { Answers };
