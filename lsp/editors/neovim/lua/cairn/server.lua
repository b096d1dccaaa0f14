--- The language server: starting it, asking it, what it says of itself.
local M = {}

local said = { state = 'idle' }

--- The newer form exists since Neovim 0.11, the older until 0.12.
local has_methods = vim.fn.has('nvim-0.11') == 1

--- What this Neovim can do, and what the plugin adds.
local function capabilities()
  local all = vim.lsp.protocol.make_client_capabilities()
  all.textDocument.inlineCompletion = { dynamicRegistration = false }
  all.experimental = { cairn = true } -- what a command answers is shown here
  return all
end

local function on_status(_, params)
  said = params
  vim.cmd.redrawstatus({ bang = true })
end

--- Attach a buffer that has a file's type, and is no help page, terminal or list.
function M.start(buffer)
  if vim.bo[buffer].buftype ~= '' or vim.api.nvim_buf_get_name(buffer) == '' then
    return
  end
  local options = require('cairn').options
  vim.lsp.start({
    name = 'cairn',
    cmd = options.cmd,
    root_dir = vim.fs.root(buffer, '.git'),
    init_options = next(options.settings) and options.settings or nil,
    capabilities = capabilities(),
    commands = require('cairn.actions').menu,
    handlers = { ['cairn/status'] = on_status },
  }, { bufnr = buffer })
end

function M.client(buffer)
  return vim.lsp.get_clients({ name = 'cairn', bufnr = buffer })[1]
end

--- Send a request; the id it can be cancelled by, or nil if the server is gone.
function M.request(client, method, params, handler, buffer)
  local is_sent, id
  if has_methods then
    is_sent, id = client:request(method, params, handler, buffer)
  else
    is_sent, id = client.request(method, params, handler, buffer)
  end
  return is_sent and id or nil
end

function M.cancel(client, id)
  if has_methods then
    client:cancel_request(id)
  else
    client.cancel_request(id)
  end
end

--- Run a command of the server; `on_answer` gets the failure or the result.
function M.execute(client, command, arguments, buffer, on_answer)
  local params = { command = command, arguments = arguments }
  M.request(client, 'workspace/executeCommand', params, on_answer or function() end, buffer)
end

function M.restart()
  local buffers = {}
  for _, client in ipairs(vim.lsp.get_clients({ name = 'cairn' })) do
    vim.list_extend(buffers, vim.tbl_keys(client.attached_buffers))
    vim.lsp.stop_client(client.id)
  end
  said = { state = 'idle' }
  local function start_when_gone()
    if next(vim.lsp.get_clients({ name = 'cairn' })) then
      return vim.defer_fn(start_when_gone, 50)
    end
    vim.iter(buffers):filter(vim.api.nvim_buf_is_loaded):each(M.start)
  end
  start_when_gone()
end

function M.status()
  if not M.client(0) then
    return ''
  end
  return said.state == 'idle' and 'cairn' or 'cairn: ' .. said.state
end

--- What the server said last: state, model, message.
function M.said()
  return said
end

function M.setup()
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('cairn.server', {}),
    callback = function(event)
      M.start(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype ~= '' then
      M.start(buffer)
    end
  end
end

return M
