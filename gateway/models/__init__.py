"""What goes over the wire, as models: the documentation of the routes, and its examples.

Bodies of requests are read with them. Answers are not written with them, because that would read
every value twice more: a test holds the answers of real routes to their models instead.
"""
