--- `:checkhealth cairn`
local M = {}

local health = vim.health

local function check_neovim()
  if vim.fn.has('nvim-0.10') == 0 then
    return health.error('Neovim 0.10 or later is needed')
  end
  health.ok(vim.lsp.inline_completion and "suggestions by Neovim's own inline completion" or 'suggestions by Cairn')
end

local function output_of(command)
  local done, result = pcall(function()
    return vim.system(command, { text = true }):wait(5000)
  end)
  if not done or result.code ~= 0 then
    return nil
  end
  return vim.trim(result.stdout)
end

local function check_program(cmd)
  local program = type(cmd) == 'table' and cmd[1]
  if not program then
    return
  end
  local version = output_of({ program, '--version' })
  if not version then
    return health.error(program .. ' does not run', 'Give its whole path: setup({ cmd = { "/path/to/cairn", "lsp" } })')
  end
  health.ok(('%s: %s'):format(vim.fn.exepath(program), version))
end

local function check_server()
  local clients = vim.lsp.get_clients({ name = 'cairn' })
  if #clients == 0 then
    return health.info('no server runs; one starts with the first file that has a type')
  end
  for _, client in ipairs(clients) do
    local can = client.server_capabilities.inlineCompletionProvider
    local say = can and health.ok or health.error
    say(('server %d: %s, positions in %s'):format(client.id, client.root_dir or 'no root', client.offset_encoding))
  end
  local said = require('cairn.server').said()
  health.info(('it says: %s %s %s'):format(said.state, said.model or '', said.message or ''))
end

--- A mapping that was made after setup() takes the key away.
local function check_keys(keys)
  for name, lhs in pairs(keys) do
    local mapping = lhs and vim.fn.maparg(lhs, 'i', false, true)
    if mapping and mapping.desc ~= 'Cairn: ' .. name then
      health.warn(('%s is mapped to something else'):format(lhs), 'Map it before setup(), or set keys.' .. name)
    end
  end
end

function M.check()
  local options = require('cairn').options
  health.start('cairn')
  check_neovim()
  check_program(options.cmd)
  check_server()
  check_keys(options.keys)
end

return M
