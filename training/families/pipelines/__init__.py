"""The five pipelines of the first, thin road (`training.problems`): the built-in model was trained on them."""
