// Visual Studio Code in a headless Chromium, as a person uses it: keys go in, and what is on the screen comes out.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const PATIENCE_MS = 60_000; // for a machine with much else to do
const KEY_DELAY_MS = 60;
const GHOST = '[class*="ghost-text"]';

/** Open the window of a code-server.
 *
 * @param place tools: the node_modules that hold playwright-core; chromium: a program; url: of the code-server;
 *   file: what to open; pictures: a folder
 */
export async function openEditor({ tools, chromium, url, file, pictures }) {
  const playwright = createRequire(path.join(tools, "any.js"))("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu"];
  const browser = await playwright.chromium.launch({ executablePath: chromium, args });
  const page = await browser.newPage({ viewport: { width: 960, height: 600 }, deviceScaleFactor: 2 });
  page.setDefaultTimeout(PATIENCE_MS);
  const payload = JSON.stringify([["openFile", `vscode-remote://${new URL(url).host}${file}`]]);
  await page.goto(`${url}/?${new URLSearchParams({ folder: path.dirname(file), payload })}`);
  await page.locator(".monaco-editor .view-line").first().waitFor();
  return new Editor(browser, page, file, pictures);
}

class Editor {
  constructor(browser, page, file, pictures) {
    Object.assign(this, { browser, page, file, pictures });
  }

  /** Put the cursor at a line and column, both counted from 1. */
  async goTo(line, column) {
    const input = this.page.locator(".quick-input-widget input").first();
    await this.press("Control+g");
    await input.waitFor();
    await this.type(`${line}:${column}`);
    await this.press("Enter");
    await input.waitFor({ state: "hidden" });
  }

  type(text) {
    return this.page.keyboard.type(text, { delay: KEY_DELAY_MS });
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** Run a command by its name in the palette. */
  async run(name) {
    await this.press("F1");
    await this.page.locator(".quick-input-widget input").first().waitFor();
    await this.type(name);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
  }

  /** Wait for ghost text that has come to rest. */
  async ghost() {
    await this.page.locator(GHOST).first().waitFor();
    return this.atRest(() => this.ghostNow());
  }

  /** The ghost text on the screen: the rest of the cursor's line, then the lines below it. */
  ghostNow() {
    return this.page.evaluate((selector) => {
      const pieces = [...document.querySelectorAll(selector)].map((piece) => [
        piece.className.includes("ghost-text-decoration"),
        piece.textContent.replaceAll("\u00a0", " "),
      ]);
      const text = (isInline) => pieces.filter(([inline]) => inline === isInline).map((piece) => piece[1]).join("");
      return { line: text(true), below: text(false) };
    }, GHOST);
  }

  /** What the file holds once it is saved. */
  async saved() {
    await this.press("Control+s");
    await this.page.locator(".tab.dirty").first().waitFor({ state: "hidden" });
    return fs.readFileSync(this.file, "utf8");
  }

  status() {
    return this.page.locator('[id="cairn-coder.cairn.cairn.status"]');
  }

  /** Wait until the status bar says something. */
  async waitForStatus(text) {
    await this.status().filter({ hasText: text }).waitFor();
    return (await this.status().innerText()).trim();
  }

  /** Texts of the notifications on the screen. */
  async notifications() {
    const messages = this.page.locator(".notification-list-item-message");
    await messages.first().waitFor();
    await this.page.waitForTimeout(1500); // another one would have come by now
    return messages.allInnerTexts();
  }

  /** Wait until a value is the same half a second later. */
  async atRest(read) {
    for (let last = await read(), turn = 0; turn < 20; turn++) {
      await this.page.waitForTimeout(500);
      const next = await read();
      if (JSON.stringify(next) === JSON.stringify(last)) {
        return next;
      }
      last = next;
    }
    throw new Error("the editor does not come to rest");
  }

  picture(name) {
    return this.page.screenshot({ path: path.join(this.pictures, `vscode-${name}.png`) });
  }

  close() {
    return this.browser.close();
  }
}
