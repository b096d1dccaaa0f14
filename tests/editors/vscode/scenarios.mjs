// What a person does, and what is seen. Run by test_vscode.py: `node scenarios.mjs NAME PLACE`; prints JSON.

import { openEditor } from "./editor.mjs";

const scenarios = {
  /** Suggestions of a real model: all of one, a word of one, none of one. */
  async ghostText(editor, seen) {
    seen.status = await editor.waitForStatus(/Cairn$/);
    seen.before = await editor.saved();

    // From the last hole to the first, so that no line moves before it is used.
    await editor.goTo(21, 5);
    await editor.type("for");
    seen.unwanted = await editor.ghost();
    await editor.press("Escape");
    seen.ghostAfterEscape = await editor.ghostNow();
    seen.afterEscape = await editor.saved();

    await editor.goTo(16, 5);
    await editor.type("for");
    seen.part = await editor.ghost();
    await editor.press("Control+ArrowRight"); // takes the blank
    await editor.press("Control+ArrowRight");
    seen.restOfPart = await editor.ghost();
    await editor.picture("word-accepted");
    await editor.press("Escape");
    seen.afterWord = await editor.saved();

    await editor.goTo(10, 13);
    await editor.type("if");
    seen.whole = await editor.ghost();
    await editor.picture("ghost-text");
    await editor.press("Tab");
    seen.afterTab = await editor.saved();

    await editor.press("Control+.");
    await editor.page.locator(".action-widget, .monaco-editor-overlaymessage").first().waitFor();
    seen.codeActions = await editor.page.locator(".action-widget .action-item, .action-widget .monaco-list-row").allInnerTexts();
    await editor.picture("code-actions");
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
