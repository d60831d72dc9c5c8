"""Reports that arrive by themselves: due times become runs, runs become files and messages, exactly once.

``planning`` makes a run of every due time; ``running`` leases runs, has each customer's report made by the
``workshop``, and keeps it with its messages in one transaction; ``messages`` words them; ``settling`` draws
the consequences of what was refused for good, ``failures`` tells what was not made, both in letters to the
``owner``; ``worker`` does all of it again and again, in as many processes as one likes.
"""
