(import_spec path: (interpreted_string_literal) @module)

(function_declaration name: (identifier) @name body: (block) @body)
(method_declaration name: (field_identifier) @name body: (block) @body)
(type_spec name: (type_identifier) @name)
(const_spec name: (identifier) @name)
(var_spec name: (identifier) @name)
(var_spec value: (_) @value)
