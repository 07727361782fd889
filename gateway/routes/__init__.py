"""The routes, one module a thing; `gateway/__init__.py` tells how one is added."""
