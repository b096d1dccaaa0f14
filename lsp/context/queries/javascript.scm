(import_statement source: (string (string_fragment) @module))
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @imported)))
  source: (string (string_fragment) @module))
(import_statement (import_clause (identifier) @imported) source: (string (string_fragment) @module))
(export_statement source: (string (string_fragment) @module))
(call_expression
  function: (identifier) @_require
  arguments: (arguments . (string (string_fragment) @module))
  (#eq? @_require "require"))

(class_declaration name: (_) @name body: (class_body) @members) @group
(function_declaration name: (identifier) @name body: (statement_block) @body)
(generator_function_declaration name: (identifier) @name body: (statement_block) @body)
(method_definition name: (_) @name body: (statement_block) @body)
(function_expression body: (statement_block) @body)
(arrow_function body: (_) @body)
(variable_declarator name: (identifier) @name)
(variable_declarator value: [(object) (array) (template_string) (call_expression)] @value)
