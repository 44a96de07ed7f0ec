"""What a model makes of single images: of a split, or of one's own."""
