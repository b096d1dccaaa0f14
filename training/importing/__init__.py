"""Public data sets in their public forms, read into the room's rows. Nothing is fetched; nothing is bundled."""
