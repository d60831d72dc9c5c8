"""Pages: what a person sees, put together from summaries, series, charts and widgets."""
