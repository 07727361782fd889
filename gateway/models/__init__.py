"""What requests carry, as models: they read the bodies and are the documentation of them.

What is answered is in `treadle.wire`.
"""
