--- What the model does on request: explain, document, write tests, fix, edit. The server sends the edits.
local server = require('cairn.server')

local M = {}

local function tell(message, level)
  vim.notify('Cairn: ' .. message, level)
end

--- Show Markdown beside the cursor; a second request with the cursor in it closes it.
local function show(markdown)
  local lines = vim.split(markdown, '\n', { plain = true })
  vim.lsp.util.open_floating_preview(lines, 'markdown', { focus_id = 'cairn', border = 'rounded', wrap = true })
end

local function run(client, command, argument, buffer)
  server.execute(client, command, { argument }, buffer, function(failure, result)
    if failure then
      tell(failure.message, vim.log.levels.ERROR)
    elseif type(result) == 'string' then
      show(result)
    end
  end)
end

--- The lines of an Ex command's range; without one an empty range, which means the block around the cursor.
local function range_of(call, encoding)
  if call.range == 0 then
    local position = vim.lsp.util.make_position_params(0, encoding).position
    return { start = position, ['end'] = position }
  end
  return {
    start = { line = call.line1 - 1, character = 0 },
    ['end'] = { line = call.line2, character = 0 },
  }
end

local function diagnostic_in(call)
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if diagnostic.lnum >= call.line1 - 1 and diagnostic.lnum < call.line2 then
      return diagnostic.message
    end
  end
end

--- A sub-command of `:Cairn` that runs this command of the server; `more` adds to its argument.
function M.on_lines(command, more)
  return function(call)
    local client = server.client(0)
    if not client then
      return tell('no server for this buffer', vim.log.levels.WARN)
    end
    local argument = { uri = vim.uri_from_bufnr(0), range = range_of(call, client.offset_encoding) }
    run(client, command, vim.tbl_extend('error', argument, more and more(call) or {}), 0)
  end
end

function M.instruction(call)
  return { instruction = table.concat(call.fargs, ' ', 2) }
end

function M.diagnostic(call)
  return { diagnostic = diagnostic_in(call) }
end

--- Chosen from the menu of code actions: what only an editor can do is done here, then the server is asked.
local function from_menu(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  local argument = command.arguments[1]
  if command.command ~= 'cairn.edit' then
    return run(client, command.command, argument, context.bufnr)
  end
  vim.ui.input({ prompt = 'Edit: ' }, function(instruction)
    if instruction and instruction ~= '' then
      run(client, command.command, vim.tbl_extend('force', argument, { instruction = instruction }), context.bufnr)
    end
  end)
end

M.menu = {
  ['cairn.edit'] = from_menu,
  ['cairn.explain'] = from_menu,
  ['cairn.tests'] = from_menu,
}

return M
