--- `:Cairn` and its sub-commands.
local actions = require('cairn.actions')
local server = require('cairn.server')

local M = {}

local function tell(message, level)
  vim.notify('Cairn: ' .. message, level or vim.log.levels.INFO)
end

local function status()
  local said = server.said()
  local what = server.client(0) and said.state or 'no server for this buffer'
  local parts = vim.tbl_filter(function(part)
    return part ~= ''
  end, { what, said.model or '', said.message or '' })
  tell(table.concat(parts, ', '))
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
  explain = actions.on_lines('cairn.explain'),
  document = actions.on_lines('cairn.document'),
  tests = actions.on_lines('cairn.tests'),
  fix = actions.on_lines('cairn.fix', actions.diagnostic),
  edit = actions.on_lines('cairn.edit', actions.instruction),
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
