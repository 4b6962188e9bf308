"""Pages: what people read of an archive, Markdown and a site, derived from its parts."""
