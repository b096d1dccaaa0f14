--- `:Cairn` and its sub-commands.
local server = require('cairn.server')

local M = {}

local function tell(message, level)
  vim.notify('Cairn: ' .. message, level or vim.log.levels.INFO)
end

--- Run the server's code action of this command on the lines; the server says what it needs if it cannot.
local function code_action(command)
  return function(call)
    vim.lsp.buf.code_action({
      apply = true,
      range = { start = { call.line1, 0 }, ['end'] = { call.line2, #vim.fn.getline(call.line2) } },
      filter = function(action)
        local named = type(action.command) == 'table' and action.command.command or action.command
        return named == command or (type(action.data) == 'table' and action.data.command == command)
      end,
    })
  end
end

local function lines_as_range(call)
  return {
    start = { line = call.line1 - 1, character = 0 },
    ['end'] = { line = call.line2, character = 0 },
  }
end

local function edit(call)
  local client = server.client(0)
  if not client then
    return tell('no server for this buffer', vim.log.levels.WARN)
  end
  local arguments = { vim.uri_from_bufnr(0), lines_as_range(call), table.concat(call.fargs, ' ', 2) }
  server.execute(client, 'cairn.edit', arguments, 0, function(message)
    tell(message, vim.log.levels.ERROR)
  end)
end

local function status()
  local said = server.said()
  local what = server.client(0) and said.state or 'no server for this buffer'
  local parts = { what, said.model ~= '' and said.model or nil, said.message ~= '' and said.message or nil }
  tell(table.concat(vim.tbl_values(parts), ', '))
end

local function toggle()
  local cairn = require('cairn')
  cairn.toggle()
  tell(cairn.options.automatic and 'suggests while you type' or 'suggests when asked')
end

M.commands = {
  status = status,
  restart = server.restart,
  toggle = toggle,
  complete = function()
    require('cairn').complete()
  end,
  edit = edit,
  explain = code_action('cairn.explain'),
  document = code_action('cairn.document'),
  tests = code_action('cairn.tests'),
  fix = code_action('cairn.fix'),
}

local function run(call)
  local name = call.fargs[1]
  local command = M.commands[name]
  if command then
    return command(call)
  end
  tell(('no command "%s"; there are %s'):format(name, table.concat(M.names(), ', ')), vim.log.levels.ERROR)
end

function M.names()
  local names = vim.tbl_keys(M.commands)
  table.sort(names)
  return names
end

function M.setup()
  vim.api.nvim_create_user_command('Cairn', run, {
    nargs = '+',
    range = true,
    desc = 'Cairn: completions and edits by a local model',
    complete = function(start)
      return vim.tbl_filter(function(name)
        return vim.startswith(name, start)
      end, M.names())
    end,
  })
end

return M
