--- Suggestions by Neovim's own inline completion, since 0.12. It asks and draws; inserting is ours, for words and lines.
local server = require('cairn.server')
local text = require('cairn.text')

local M = {}

local function enable(is_enabled)
  vim.lsp.inline_completion.enable(is_enabled)
end

--- Neovim does not say whether it shows something, but marks the place.
function M.is_visible()
  local namespace = vim.api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  return namespace ~= nil and next(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { limit = 1 })) ~= nil
end

--- What of the item is not typed yet. A `vim.Range` had its start in a table of its own at first.
local function left_of(item)
  local range = item.range
  if not range then
    return item.insert_text
  end
  local start_row, start_column = range.start_row or range.start.row, range.start_col or range.start.col
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local typed = vim.api.nvim_buf_get_text(0, start_row, start_column, row - 1, column, {})
  return item.insert_text:sub(#table.concat(typed, '\n') + 1)
end

local function take(item, piece)
  local left = left_of(item)
  local taken = piece(left)
  text.insert(taken)
  local client = vim.lsp.get_client_by_id(item.client_id)
  if taken == left and item.command and client then
    server.execute(client, item.command.command, item.command.arguments, 0)
  end
end

function M.accept(piece)
  vim.lsp.inline_completion.get({
    on_accept = function(item)
      take(item, piece)
    end,
  })
end

--- It forgets what it shows when it is switched off.
function M.dismiss()
  enable(false)
  M.automatic_changed()
end

--- It has no call to ask; it asks when the cursor moves.
function M.complete()
  enable(true)
  vim.api.nvim_exec_autocmds('CursorMovedI', { buffer = vim.api.nvim_get_current_buf() })
end

function M.automatic_changed()
  enable(require('cairn').options.automatic)
end

function M.setup()
  M.automatic_changed()
  vim.api.nvim_create_autocmd('InsertLeave', {
    group = vim.api.nvim_create_augroup('cairn.builtin', {}),
    callback = M.automatic_changed,
  })
end

return M
