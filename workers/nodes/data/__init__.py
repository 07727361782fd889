"""Data: the shapes it is brought into, an operation a function."""
