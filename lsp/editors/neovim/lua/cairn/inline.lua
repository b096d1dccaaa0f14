--- Suggestions while typing, for Neovim 0.10 and 0.11, which have no inline completion of their own.
local ghost = require('cairn.ghost')
local server = require('cairn.server')
local text = require('cairn.text')

local M = {}

local METHOD = 'textDocument/inlineCompletion'
local INVOKED, AUTOMATIC = 1, 2

local timer = assert(vim.uv.new_timer())
local suggestion -- { buffer, row, column, before, after, num_lines, text, command }: offered at a place, which stays
local is_drawn = false
local pending -- { client, id }: the one request in flight

local function here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local buffer = vim.api.nvim_get_current_buf()
  return { buffer = buffer, row = row - 1, column = column, tick = vim.b[buffer].changedtick }
end

--- What has been typed since the suggestion was made, if nothing else changed around it; else nil.
local function typed_since(place)
  local s = suggestion
  if place.buffer ~= s.buffer or place.row < s.row or (place.row == s.row and place.column < s.column) then
    return nil
  end
  local first = vim.api.nvim_buf_get_lines(0, s.row, s.row + 1, true)[1]
  local last = vim.api.nvim_get_current_line()
  local is_same = first:sub(1, s.column) == s.before
    and last:sub(place.column + 1) == s.after
    and vim.api.nvim_buf_line_count(0) == s.num_lines + place.row - s.row
  if not is_same then
    return nil
  end
  return table.concat(vim.api.nvim_buf_get_text(0, s.row, s.column, place.row, place.column, {}), '\n')
end

--- What is left of the suggestion at the cursor; nil if it does not fit any more.
local function rest(place)
  local typed = suggestion and typed_since(place)
  if not typed or typed == suggestion.text or not vim.startswith(suggestion.text, typed) then
    return nil
  end
  return suggestion.text:sub(#typed + 1)
end

local function menu_is_open()
  return vim.fn.pumvisible() == 1 or require('cairn').options.menu_is_open()
end

local function erase()
  if is_drawn then
    ghost.clear(suggestion.buffer)
    is_drawn = false
  end
end

local function cancel()
  timer:stop()
  if pending then
    server.cancel(pending.client, pending.id)
    pending = nil
  end
end

--- Draw what is left of the suggestion, or forget it. A menu hides it only.
local function redraw()
  local place = here()
  local left = rest(place)
  erase()
  if not left then
    suggestion = nil
  elseif not menu_is_open() then
    ghost.draw(place.buffer, place.row, place.column, left)
    is_drawn = true
  end
end

local function first_that_fits(answer, place, encoding)
  local line = vim.api.nvim_get_current_line()
  for _, item in ipairs(answer.items or answer) do
    local offer = text.at_cursor(item, line, place.column, encoding)
    if offer then
      return offer, item.command
    end
  end
end

--- Offer an answer. While typing goes along with what is shown, only more of the same may take its place.
local function offer(answer, place, encoding, trigger)
  local new, command = first_that_fits(answer, place, encoding)
  local shown = rest(place)
  if not new or (shown and trigger == AUTOMATIC and not vim.startswith(new, shown)) then
    return
  end
  erase()
  local line = vim.api.nvim_get_current_line()
  suggestion = vim.tbl_extend('error', place, {
    before = line:sub(1, place.column),
    after = line:sub(place.column + 1),
    num_lines = vim.api.nvim_buf_line_count(0),
    text = new,
    command = command,
  })
  redraw()
end

local function is_inserting()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

local function ask(trigger)
  local place = here()
  local client = server.client(place.buffer)
  cancel()
  if not client or not is_inserting() or menu_is_open() then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = trigger }
  local this = { client = client }
  pending = this
  this.id = server.request(client, METHOD, params, function(failure, answer)
    if pending ~= this then
      return
    end
    pending = nil
    if not failure and answer and is_inserting() and vim.deep_equal(place, here()) then
      offer(answer, place, client.offset_encoding, trigger)
    end
  end, place.buffer)
  if not this.id then
    pending = nil
  end
end

local function on_typing()
  redraw()
  cancel()
  local options = require('cairn').options
  if options.automatic and not menu_is_open() then
    timer:start(options.delay_ms, 0, vim.schedule_wrap(function()
      ask(AUTOMATIC)
    end))
  end
end

function M.is_visible()
  return is_drawn
end

--- Insert what `piece` takes of the suggestion; after all of it, tell the server.
function M.accept(piece)
  local left = is_drawn and rest(here())
  if not left then
    return
  end
  local taken = piece(left)
  local command, buffer = suggestion.command, suggestion.buffer
  text.insert(taken)
  redraw()
  local client = server.client(buffer)
  if taken == left and command and client then
    server.execute(client, command.command, command.arguments, buffer)
  end
end

function M.dismiss()
  cancel()
  erase()
  suggestion = nil
end

function M.complete()
  ask(INVOKED)
end

function M.automatic_changed()
  M.dismiss()
end

function M.setup()
  local group = vim.api.nvim_create_augroup('cairn.inline', {})
  local function on(events, callback, pattern)
    vim.api.nvim_create_autocmd(events, { group = group, callback = callback, pattern = pattern })
  end
  on({ 'InsertEnter', 'TextChangedI', 'CursorMovedI', 'TextChangedP' }, on_typing)
  on('CompleteChanged', erase)
  on(
    { 'CompleteDone', 'LspAttach' },
    vim.schedule_wrap(function()
      if is_inserting() then
        on_typing()
      end
    end)
  )
  on('BufLeave', M.dismiss)
  on('ModeChanged', M.dismiss, 'i*:[^i]*') -- InsertLeave does not come with CTRL-C
end

return M
