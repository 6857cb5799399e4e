"""From labels to a file: DOT text, the engines that place it, and the SVG as people get it."""
