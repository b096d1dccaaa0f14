"""Commands and code actions: explain, document, write tests, fix, edit by instruction, complete here."""
