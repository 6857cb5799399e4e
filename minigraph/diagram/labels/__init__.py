"""How it looks: cards, chips, gates and legend as boxes of known size, in one closed set of colours."""
