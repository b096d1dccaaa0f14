; @module, @imported: an import. @group with @members: what has members. @body, @value: left out. @doc: shortened.
(import_statement name: (dotted_name) @module)
(import_statement name: (aliased_import name: (dotted_name) @module))
(import_from_statement module_name: (_) @module)
(import_from_statement module_name: (_) @module name: (dotted_name) @imported)
(import_from_statement module_name: (_) @module name: (aliased_import name: (dotted_name) @imported))

(class_definition name: (identifier) @name body: (block) @members) @group
(function_definition name: (identifier) @name body: (block) @body)
(assignment left: (identifier) @name)
(assignment right: (_) @value)
(type_alias_statement left: (_) @name)

(class_definition body: (block . (expression_statement (string)) @doc))
(function_definition body: (block . (expression_statement (string)) @doc))
