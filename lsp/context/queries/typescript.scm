(abstract_class_declaration name: (_) @name body: (class_body) @members) @group
(interface_declaration name: (type_identifier) @name body: (interface_body) @members) @group
(internal_module name: (_) @name body: (statement_block) @members) @group
(type_alias_declaration name: (type_identifier) @name)
(enum_declaration name: (identifier) @name)
(function_signature name: (identifier) @name)
(method_signature name: (_) @name)
(abstract_method_signature name: (_) @name)
(property_signature name: (_) @name)
(public_field_definition name: (_) @name)
