"""Views: what is read of the ledger, without a lock."""
