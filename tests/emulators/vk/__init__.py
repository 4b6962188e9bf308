"""An emulator of VK: a server of its own process that knows nothing of ours, written from VK's schema first."""
