// What a person does, and what is seen. Run by test_vscode.py: `node scenarios.mjs NAME PLACE`; prints JSON.

import { openEditor } from "./editor.mjs";

const scenarios = {
  /** Suggestions of a real model: all of one, a word of one, none of one. */
  async ghostText(editor, seen) {
    seen.status = await editor.waitForStatus(/Cairn$/);
    seen.before = await editor.saved();

    await editor.goTo(10, 13);
    await editor.type("if");
    seen.whole = await editor.ghost();
    await editor.picture("ghost-text");
    await editor.press("Tab");
    seen.afterTab = await editor.saved();
    const moved = seen.afterTab.split("\n").length - seen.before.split("\n").length;

    await editor.goTo(16 + moved, 5);
    await editor.type("for");
    seen.part = await editor.ghost();
    await editor.press("Control+ArrowRight");
    seen.restOfPart = await editor.ghost();
    if (seen.restOfPart.line === seen.part.line.trimStart()) { // a blank before the word counts as one
      await editor.press("Control+ArrowRight");
      seen.restOfPart = await editor.ghost();
    }
    await editor.picture("word-accepted");
    await editor.press("Escape");
    seen.afterWord = await editor.saved();

    await editor.goTo(21 + moved, 5);
    await editor.type("for");
    seen.unwanted = await editor.ghost();
    await editor.press("Escape");
    seen.ghostAfterEscape = await editor.atRest(() => editor.ghostNow());
    seen.afterEscape = await editor.saved();

    await editor.press("Control+.");
    await editor.page.locator(".action-widget, .monaco-editor-overlaymessage").first().waitFor();
    seen.codeActions = await editor.page.locator(".action-widget .monaco-list-row.action").allInnerTexts();
    await editor.picture("code-actions");
  },

  /** A server that answers late, explains, and edits. */
  async asks(editor, seen) {
    seen.status = await editor.waitForStatus(/Cairn$/);
    await editor.status().hover();
    const hover = editor.page.locator(".monaco-hover", { hasText: "scripted" });
    await hover.waitFor();
    seen.tooltip = await hover.innerText();

    await editor.goTo(16, 5);
    await editor.type("for");
    seen.late = await editor.ghost();
    await editor.press("Tab");
    seen.afterTab = await editor.saved();

    await editor.goTo(6, 5);
    await editor.run("Cairn: Explain");
    const page = editor.page.frameLocator("iframe.webview").frameLocator("#active-frame");
    await page.locator("h1").waitFor();
    seen.explanation = await page.locator("body").innerText();
    await editor.page.waitForTimeout(1000); // a picture would have been fetched by now
    await editor.picture("explanation");

    await editor.press("Control+1"); // back to the code
    await editor.press("Control+.");
    await editor.page.locator(".action-widget", { hasText: "Edit with Cairn" }).waitFor();
    await editor.press("Enter");
    const input = editor.page.locator(".quick-input-widget input").first();
    await input.waitFor();
    await editor.type("shout");
    await editor.press("Enter");
    await editor.page.locator(".view-line", { hasText: "shout" }).waitFor();
    await editor.picture("edited");
    seen.afterEdit = await editor.saved();

    await editor.run("Cairn: Toggle Completion While Typing");
    seen.statusOnRequest = await editor.waitForStatus(/on request/);
  },

  /** There is no `cairn`, or none that lives. */
  async broken(editor, seen) {
    seen.status = await editor.waitForStatus(/not found|stopped/);
    seen.notifications = await editor.notifications();
    seen.buttons = await editor.page.locator(".notification-list-item .monaco-button").allInnerTexts();
    await editor.picture("broken");
  },
};

const [name, place] = process.argv.slice(2);
const editor = await openEditor(JSON.parse(place));
const seen = {};
try {
  await editor.press("Control+b"); // the file explorer
  await scenarios[name](editor, seen);
} catch (error) {
  await editor.picture(`failed-${name}`);
  seen.error = String(error);
} finally {
  await editor.close();
}
console.log(JSON.stringify(seen));
