--- Pure functions on the text of suggestions. Rows and columns are 0-based, columns count bytes.
local M = {}

function M.all(text)
  return text
end

--- Blanks, then a run of letters or a run of signs. Every byte of a character beyond ASCII counts as a letter.
function M.first_word(text)
  return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%w_%s\128-\255]+') or text
end

--- Up to the end of the line; the line break first, if the text begins with one.
function M.first_line(text)
  return text:match('^\n*[^\n]*')
end

--- Tabs as the blanks they will look like, for text that starts at display column `column`.
function M.expand_tabs(text, column, tabstop)
  while true do
    local before, after = text:match('^([^\t]*)\t(.*)$')
    if not before then
      return text
    end
    local width = column + vim.fn.strdisplaywidth(before)
    text = before .. (' '):rep(tabstop - width % tabstop) .. after
  end
end

--- Where the server's `character` is in `line`, in bytes; past the end means the end.
function M.byte_column(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  end
  if vim.fn.has('nvim-0.11') == 1 then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local is_inside, column = pcall(vim.str_byteindex, line, character, encoding == 'utf-16')
  return is_inside and column or #line
end

--- What an inline completion item would put at the cursor; nil if it does not fit what stands before the cursor.
function M.at_cursor(item, line, column, encoding)
  local text = item.insertText
  if type(text) ~= 'string' then
    return nil
  end
  local start = item.range and M.byte_column(line, item.range.start.character, encoding) or column
  local typed = line:sub(start + 1, column)
  if start > column or not vim.startswith(text, typed) then
    return nil
  end
  text = text:sub(#typed + 1):gsub('\r\n?', '\n')
  return text ~= '' and text or nil
end

--- Put text at the cursor of the current window, and the cursor behind it.
function M.insert(text)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(0, row - 1, column, row - 1, column, lines)
  local last = #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + last or last })
end

return M
