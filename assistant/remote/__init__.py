"""Another machine's model: any OpenAI-compatible server in the daemon's place."""
