"""VK's API, for source and destination: calls with a token in a header, uploads, and the table of its errors."""
