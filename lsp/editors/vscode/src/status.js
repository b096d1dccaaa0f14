"use strict";
// What the status bar says. The client knows whether the server runs; the server, what its model is doing.

const OF_CLIENT = {
  missing: { icon: "warning", label: "not found", tooltip: "The cairn command was not found.", isError: true },
  failed: { icon: "error", label: "stopped", tooltip: "The server has ended; its log says why.", isError: true },
  starting: { icon: "loading~spin", label: "starting", tooltip: "The server is starting." },
};
const OF_SERVER = {
  loading: { icon: "loading~spin", label: "loading", tooltip: "The model is being loaded." },
  busy: { icon: "sync~spin", tooltip: "Completing." },
  failed: { icon: "error", label: "failed", tooltip: "The model could not answer.", isError: true },
  off: { icon: "circle-slash", label: "off", tooltip: "Nothing is completed here." },
  idle: { icon: "layers", tooltip: "Ready." },
};

/** Describe a state for the status bar.
 *
 * @param state client: "missing" | "failed" | "starting" | "running"; isAutomatic: boolean;
 *   server: the last `cairn/status` {state, model, message}, or undefined
 * @returns {{text: string, tooltip: string, isError: boolean}} plain texts; `text` holds nothing that a model wrote
 */
function describe({ client, server, isAutomatic }) {
  const shown = OF_CLIENT[client] ?? OF_SERVER[server?.state] ?? OF_SERVER.idle;
  const label = shown.label ?? (isAutomatic ? undefined : "on request");
  const told = client === "running" ? server : undefined;
  const lines = [
    told?.model ? `Cairn · ${told.model}` : "Cairn",
    told?.message || shown.tooltip,
    !isAutomatic && "Completes only on request (Alt+\\).",
  ];
  return {
    text: `$(${shown.icon}) Cairn${label ? `: ${label}` : ""}`,
    tooltip: lines.filter(Boolean).join("\n"),
    isError: shown.isError ?? false,
  };
}

module.exports = { describe };
