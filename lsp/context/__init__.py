"""What the model sees: windows of the document, and excerpts of other files, chosen so that typing seldom changes it."""
