"""How fast the language server is, without the model: beside pygls's own store, over real pipes."""
