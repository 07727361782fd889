"""The routes, one module a thing, found by `registry`; `gateway` tells how one is added."""
