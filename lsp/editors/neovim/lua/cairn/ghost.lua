--- Draws a suggestion at the cursor, as text that is not in the buffer.
local text = require('cairn.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('cairn')

function M.clear(buffer)
  if vim.api.nvim_buf_is_valid(buffer) then
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  end
end

--- Several lines push what follows the cursor behind their last: it is covered in its place and drawn there.
local function wrapped_tail(lines, tail)
  local missing = vim.fn.strdisplaywidth(tail) - vim.fn.strdisplaywidth(lines[1])
  lines[1] = lines[1] .. (' '):rep(missing)
end

--- Draw `ghost` at a place of `buffer`; whatever was drawn before goes.
function M.draw(buffer, row, column, ghost)
  M.clear(buffer)
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, true)[1]
  local before, tail = line:sub(1, column), line:sub(column + 1)
  local lines = vim.split(ghost, '\n', { plain = true })
  for index, part in ipairs(lines) do
    local start = index == 1 and vim.fn.strdisplaywidth(before) or 0
    lines[index] = text.expand_tabs(part, start, vim.bo[buffer].tabstop)
  end
  local moves_tail = #lines > 1 and tail ~= ''
  if moves_tail then
    wrapped_tail(lines, tail)
  end
  local chunks = vim.tbl_map(function(part)
    return { { part, 'CairnGhost' } }
  end, lines)
  if moves_tail then
    table.insert(chunks[#chunks], { tail })
  end
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, column, {
    virt_text = chunks[1],
    virt_text_pos = moves_tail and 'overlay' or 'inline',
    virt_lines = vim.list_slice(chunks, 2),
    hl_mode = 'combine',
  })
end

return M
