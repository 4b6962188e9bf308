"""Rich text: an item's text and its spans, in the forms that places want."""
