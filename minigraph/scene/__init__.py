"""What there is to show of a graph, and in which symbols and words; how it looks is the business of `diagram`."""
