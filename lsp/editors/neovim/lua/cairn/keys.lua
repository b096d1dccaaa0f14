--- Keys that act on a suggestion while one is shown, and do what they did before when none is.
local M = {}

--- A change of its own for undo, before and after. Run from `<Cmd>`: an `<expr>` mapping must not change the buffer.
local function action(name)
  return ('<C-g>u<Cmd>lua require("cairn").%s()<CR><C-g>u'):format(name)
end

local function mapping_of(lhs)
  return vim.iter(vim.api.nvim_get_keymap('i')):find(function(mapping)
    return vim.keycode(mapping.lhs) == vim.keycode(lhs)
  end)
end

--- Give what `lhs` does now another name, so that it can still be called.
local function keep(lhs, name)
  local mapping = mapping_of(lhs)
  if not mapping then
    return vim.keymap.set('i', name, lhs)
  end
  mapping.lhs, mapping.lhsraw, mapping.lhsrawalt = name, vim.keycode(name), nil
  vim.fn.mapset(mapping)
end

local function map(lhs, name)
  local mine, before = ('<Plug>(cairn-%s)'):format(name), ('<Plug>(cairn-no-%s)'):format(name)
  local known = mapping_of(lhs)
  if known and known.desc == 'Cairn: ' .. name then
    return
  end
  keep(lhs, before)
  vim.keymap.set('i', lhs, function()
    return require('cairn').is_visible() and mine or before
  end, { expr = true, remap = true, desc = 'Cairn: ' .. name })
end

function M.setup(keys)
  for _, name in ipairs({ 'accept', 'accept_word', 'accept_line', 'dismiss' }) do
    vim.keymap.set('i', ('<Plug>(cairn-%s)'):format(name), action(name))
    if keys[name] then
      map(keys[name], name)
    end
  end
  if keys.trigger then
    vim.keymap.set('i', keys.trigger, function()
      require('cairn').complete()
    end, { desc = 'Cairn: trigger' })
  end
end

return M
