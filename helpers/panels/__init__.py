"""What all interactives are made of: the panel with its controls and messages, pictures, filters,
what is picked out on a page, and the still that a saved notebook shows."""
