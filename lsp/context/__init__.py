"""What the model sees: windows of the document, and excerpts of other files; both change seldom while one types."""
