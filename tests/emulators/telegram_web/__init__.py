"""An emulator of the preview at t.me/s/NAME, whose markup was learnt from saved pages."""
