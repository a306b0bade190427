"""The leak audit: what single rows give away, and whether campaigns are what they should be."""
