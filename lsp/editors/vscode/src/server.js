"use strict";
// The language server of this window: found, started, watched, and started again when asked to.

const { randomUUID } = require("crypto");
const os = require("os");
const vscode = require("vscode");
const {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  WorkDoneProgress,
} = require("vscode-languageclient/node");
const { changedOptions } = require("./options");
const { findProgram } = require("./program");

const MOST_CRASHES = 3; // in three minutes

/** Tells the server that this editor asks for instructions and shows the results of commands. */
const OUR_PLUGIN = {
  getState: () => ({ kind: "static" }),
  fillClientCapabilities: (capabilities) => (capabilities.experimental = { ...capabilities.experimental, cairn: true }),
  initialize: () => {},
  clear: () => {},
};

class Server {
  /**
   * @param settingNames settings of package.json, without their section
   * @param log LogOutputChannel that takes the server's messages
   * @param onState called with what changed of the state that `describe` takes
   * @param middleware of vscode-languageclient
   */
  constructor({ settingNames, log, onState, middleware }) {
    Object.assign(this, { settingNames, log, onState, middleware });
    this.client = undefined;
    this.turn = Promise.resolve(); // starts and stops never overlap
  }

  /** Whether the running server offers a command of `workspace/executeCommand`. */
  offers(command) {
    const offered = this.client?.initializeResult?.capabilities.executeCommandProvider?.commands;
    return this.client?.state === State.Running && (offered?.includes(command) ?? false);
  }

  /** A range of a document in the protocol's terms. */
  place(document, range) {
    const { code2ProtocolConverter: converter } = this.client;
    return { uri: converter.asUri(document.uri), version: document.version, range: converter.asRange(range) };
  }

  /** Run a command of the server; `report` is told how far it is. */
  async execute(command, argument, report, cancellation) {
    const workDoneToken = randomUUID();
    const progress = this.client.onProgress(WorkDoneProgress.type, workDoneToken, ({ message }) => report(message));
    try {
      const params = { command, arguments: [argument], workDoneToken };
      return await this.client.sendRequest(ExecuteCommandRequest.type, params, cancellation);
    } finally {
      progress.dispose();
    }
  }

  /** Take over settings that have changed. */
  async configure() {
    if (this.client?.state !== State.Running) {
      await this.restart();
      return;
    }
    const configuration = vscode.workspace.getConfiguration("cairn");
    this.onState({ isAutomatic: configuration.get("automatic") });
    const settings = { cairn: changedOptions(this.settingNames, configuration) };
    await this.client.sendNotification(DidChangeConfigurationNotification.type, { settings });
  }

  restart() {
    return this.queue(async () => {
      await this.end();
      await this.begin();
    });
  }

  stop() {
    return this.queue(() => this.end());
  }

  queue(work) {
    this.turn = this.turn.then(work, work);
    return this.turn;
  }

  async begin() {
    const configuration = vscode.workspace.getConfiguration("cairn");
    this.onState({ isAutomatic: configuration.get("automatic"), server: undefined });
    const program = findProgram(configuration.get("path"), process.env);
    if (!program) {
      this.onState({ client: "missing" });
      void offer(`The command "${configuration.get("path")}" was not found. Install Cairn, or say where it is.`, {
        "Open Settings": "cairn.showSettings",
      });
      return;
    }
    const client = this.build(program, changedOptions(this.settingNames, configuration));
    this.client = client;
    await client.start().catch(() => this.giveUp(client)); // the client has logged why
  }

  build(program, initializationOptions) {
    // Not in the workspace's folder: what lies there is nothing to start programs beside.
    const executable = { command: program, args: ["lsp"], options: { cwd: os.homedir() } };
    const client = new QuietClient("cairn", "Cairn", executable, {
      documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
      initializationOptions,
      initializationFailedHandler: () => false, // do not try again
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: { error: () => ({ action: ErrorAction.Continue }), closed: () => this.afterEnd(client, crashes) },
      middleware: this.middleware,
    });
    const crashes = client.createDefaultErrorHandler(MOST_CRASHES);
    client.onDidChangeState(({ newState }) => {
      const running = { [State.Starting]: "starting", [State.Running]: "running" }[newState];
      this.onState(running ? { client: running } : {});
    });
    client.registerFeature(OUR_PLUGIN);
    client.onNotification("cairn/status", (status) => this.onState({ server: status }));
    return client;
  }

  /** The server ended by itself: start it again, unless it could not even start, or does this all the time. */
  async afterEnd(client, crashes) {
    const next = client.state === State.Running ? await crashes.closed() : { action: CloseAction.DoNotRestart };
    if (next.action === CloseAction.DoNotRestart) {
      this.giveUp(client);
    }
    return next;
  }

  giveUp(client) {
    if (this.client !== client) {
      return; // told already, or replaced
    }
    this.client = undefined;
    this.onState({ client: "failed", server: undefined });
    const buttons = { "Show Log": "cairn.showLog", Restart: "cairn.restart" };
    void offer("Cairn's server does not start, or ends again and again. Its log says why.", buttons);
  }

  async end() {
    const client = this.client;
    this.client = undefined;
    await client?.dispose().catch((error) => this.log.warn(String(error))); // it may have ended by itself
  }
}

/** A client that logs errors and opens no windows: `Server` says once what is wrong, and what can be done. */
class QuietClient extends LanguageClient {
  error(message, data) {
    super.error(message, data, false);
  }
}

/** Show an error with buttons that run commands. */
async function offer(message, buttons) {
  const picked = await vscode.window.showErrorMessage(message, ...Object.keys(buttons));
  if (picked) {
    await vscode.commands.executeCommand(buttons[picked]);
  }
}

module.exports = { Server };
