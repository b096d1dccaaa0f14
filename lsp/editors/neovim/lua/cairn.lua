--- Cairn: a code assistant that stays on your machine. This file is what users call; see `:help cairn`.
local M = {}

--- What a user can set, with the defaults.
M.options = {
  cmd = { 'cairn', 'lsp' },
  --- Sent to the server as they are, as initializationOptions.
  settings = {},
  --- false: suggest only when the trigger key is pressed.
  automatic = true,
  --- Rest of the keyboard before the server is asked (Neovim 0.10 and 0.11); the server waits as long as it pays.
  delay_ms = 20,
  --- Each may be false. They do what they always did while no suggestion is shown.
  keys = {
    accept = '<Tab>',
    accept_word = '<C-Right>',
    accept_line = '<C-Down>',
    dismiss = '<C-]>',
    trigger = [[<M-\>]],
  },
  --- Whether a completion menu other than Neovim's own is open: no suggestion is shown beside it.
  menu_is_open = function()
    return false
  end,
}

--- Neovim 0.12 shows suggestions itself; before that we do.
local function shower()
  return require(vim.lsp.inline_completion and 'cairn.builtin' or 'cairn.inline')
end

function M.setup(options)
  M.options = vim.tbl_deep_extend('force', M.options, options or {})
  vim.api.nvim_set_hl(0, 'CairnGhost', { link = 'Comment', default = true })
  shower().setup()
  require('cairn.keys').setup(M.options.keys)
  require('cairn.commands').setup()
  require('cairn.server').setup()
end

--- True while a suggestion is on the screen.
function M.is_visible()
  return shower().is_visible()
end

--- Insert the suggestion, or its first word or line.
function M.accept()
  shower().accept(require('cairn.text').all)
end

function M.accept_word()
  shower().accept(require('cairn.text').first_word)
end

function M.accept_line()
  shower().accept(require('cairn.text').first_line)
end

--- Take the suggestion away until something is typed.
function M.dismiss()
  shower().dismiss()
end

--- Ask for a suggestion now, automatic or not.
function M.complete()
  shower().complete()
end

--- Switch between suggestions while typing and suggestions on request.
function M.toggle()
  M.options.automatic = not M.options.automatic
  shower().automatic_changed()
end

--- For a statusline: "cairn", "cairn: busy", "cairn: loading"; empty where no server runs.
function M.status()
  return require('cairn.server').status()
end

return M
