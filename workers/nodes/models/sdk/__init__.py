"""Asking the providers by their SDKs, which take seconds to load."""
