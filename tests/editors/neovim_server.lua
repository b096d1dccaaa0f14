-- A language server inside Neovim for tests: it answers when it is told to, and remembers what it was asked.
local asked, cancelled, executed = {}, {}, {}
local open = {} -- callbacks of requests without an answer, oldest first
local script = { encoding = 'utf-8', answer = nil }

local function server(dispatchers)
  local last, closing = 0, false
  local handlers = {}
  function handlers.initialize()
    return {
      capabilities = {
        inlineCompletionProvider = {},
        positionEncoding = script.encoding,
        textDocumentSync = 1,
        executeCommandProvider = { commands = { 'cairn.accepted', 'cairn.edit' } },
      },
    }
  end
  function handlers.shutdown()
    return vim.NIL
  end
  handlers['workspace/executeCommand'] = function(params)
    table.insert(executed, params)
    return script.result or vim.NIL
  end
  script.notify = dispatchers.notification
  return {
    request = function(method, params, callback)
      last = last + 1
      if handlers[method] then
        callback(nil, handlers[method](params))
      elseif script.answer then
        table.insert(asked, params)
        callback(nil, script.answer(params))
      else
        table.insert(asked, params)
        open[#asked] = callback
      end
      return true, last
    end,
    notify = function(method, params)
      if method == '$/cancelRequest' then
        table.insert(cancelled, params.id)
      elseif method == 'exit' then
        closing = true
        dispatchers.on_exit(0, 0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      closing = true
    end,
  }
end

-- Items of `text` at the cursor that was asked about.
local function items(text, more)
  return function(params)
    local item = { insertText = text, range = { start = params.position, ['end'] = params.position } }
    return { items = { vim.tbl_extend('force', item, more or {}) } }
  end
end

_G.fake = { cmd = server, asked = asked, cancelled = cancelled, executed = executed, script = script, items = items }

-- Answer request number `index`, late.
function _G.fake.answer(index, text)
  open[index](nil, items(text)(asked[index]))
end
