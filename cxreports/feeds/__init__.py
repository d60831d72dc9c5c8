"""Where calls come from by themselves: a folder that switches deliver files to."""
