"""Request bodies, as models: they read the bodies and document them.

Response bodies are in `treadle.wire`.
"""
