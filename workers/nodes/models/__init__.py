"""Models: AI agents; what asks the providers is loaded with the first such node."""
