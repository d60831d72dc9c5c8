"""What is usual: ``bands`` learns it from the weeks before, ``holidays`` knows the days that are unlike them.

``sums`` asks the calls for what both are made of.
"""
