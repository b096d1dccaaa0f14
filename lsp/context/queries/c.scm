(preproc_include path: (_) @module)

(preproc_ifdef) @transparent
(preproc_if) @transparent
(linkage_specification body: (declaration_list)) @transparent

(function_definition body: (compound_statement) @body)
(function_declarator declarator: (_) @name)
(struct_specifier name: (_) @name body: (_))
(union_specifier name: (_) @name body: (_))
(enum_specifier name: (_) @name body: (_))
(enumerator name: (identifier) @name)
(type_definition declarator: (type_identifier) @name)
(declaration declarator: (identifier) @name)
(init_declarator declarator: (_) @name value: (_) @value)
(preproc_def name: (identifier) @name value: (_))
(preproc_function_def name: (identifier) @name value: (_) @value)
