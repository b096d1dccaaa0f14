(namespace_definition body: (declaration_list) @members) @group
(class_specifier name: (_) @name body: (field_declaration_list) @members) @group
(field_declaration declarator: (field_identifier) @name)
(alias_declaration name: (type_identifier) @name)
