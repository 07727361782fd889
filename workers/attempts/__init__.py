"""Attempts: from a claim to an outcome.

    executor          a claim becomes an attempt, an attempt an outcome; never raises
    inputs            what came to a node, and the names its expressions may use
    records           settled outputs, read from the ledger once
    result_pages      what the scopes of a loop came to, page by page
    loop_results      a loop collects them, and leaves
    progress          what running attempts report, each at most once a second
    attempt_metrics   what is counted of attempts, and the one line each

Whatever goes wrong in an attempt is a value. An inline node runs in the thread that has it, never
in the committer or the scheduler.
"""
