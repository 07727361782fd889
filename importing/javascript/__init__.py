"""Foreign expressions: the part of JavaScript that maps exactly to Treadle's, read and rewritten.

    source ── lexing, parsing ──▶ tree ── writing, with the names of the other system ──▶ expression

    lexing      the tokens
    tree        everything that is read
    parsing     from tokens to a tree; no statements
    writing     from a tree to an expression of docs/expressions.md
    methods     the functions and methods that have an exact equivalent

Nothing here is ever evaluated. What has no exact translation raises `Untranslatable`, and the
caller keeps the source as text that does not run. *Exact* means: the same value, or an error where
JavaScript would go on with a value that it made up (`undefined`, `NaN`, `"1" + 1`).
"""
