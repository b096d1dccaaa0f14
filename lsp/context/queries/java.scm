(import_declaration (_) @module)

(class_declaration name: (identifier) @name body: (class_body) @members) @group
(interface_declaration name: (identifier) @name body: (interface_body) @members) @group
(record_declaration name: (identifier) @name body: (class_body) @members) @group
(enum_declaration name: (identifier) @name)
(method_declaration name: (identifier) @name)
(method_declaration body: (block) @body)
(constructor_declaration name: (identifier) @name body: (constructor_body) @body)
(field_declaration declarator: (variable_declarator name: (identifier) @name))
(variable_declarator value: (_) @value)
