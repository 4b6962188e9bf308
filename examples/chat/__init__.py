"""A worked example: a small chat service with a client nonce, its fake server, and an adapter that the kit passes."""
