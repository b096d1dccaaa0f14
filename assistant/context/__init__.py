"""What goes to the model besides the question: files that it names, pastes, the project's own words, presets.

Everything here is text that a person can look at before it is sent, counted by the model's own tokenizer. Nothing is
cut: what does not fit is refused, with what could be left out.
"""
