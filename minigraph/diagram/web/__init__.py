"""Pages that need nothing but a browser: one file each, which asks no network for anything."""
