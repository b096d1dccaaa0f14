(use_declaration argument: (_) @module)
(mod_item name: (identifier) @submodule !body)

(impl_item type: (_) @name body: (declaration_list) @members) @group
(trait_item name: (type_identifier) @name body: (declaration_list) @members) @group
(mod_item name: (identifier) @name body: (declaration_list) @members) @group
(function_item name: (identifier) @name body: (block) @body)
(function_signature_item name: (identifier) @name)
(struct_item name: (type_identifier) @name)
(enum_item name: (type_identifier) @name)
(type_item name: (type_identifier) @name)
(const_item name: (identifier) @name)
(const_item value: (_) @value)
(static_item name: (identifier) @name)
(static_item value: (_) @value)
(macro_definition name: (identifier) @name)
