"""What engines.py runs in a process of its own, since a library may crash, hang, or print: text in, picture out.

Arguments: the library, the folder it is in, and for Graphviz the options of dot. Imports nothing of minigraph.
"""

from __future__ import annotations

import os
import sys


def main(module: str, folder: str, *options: str) -> bytes:
    sys.path.append(folder)
    text = sys.stdin.buffer.read().decode()
    if module == "pygraphviz":
        import pygraphviz

        graph = pygraphviz.AGraph(string=text)
        return bytes(graph.draw(format=options[0].removeprefix("-T"), prog="dot", args=" ".join(options)))
    import resvg_py

    return resvg_py.svg_to_bytes(
        svg_string=text, dpi=144, serif_family="DejaVu Serif", sans_serif_family="DejaVu Sans", log_information=True
    )


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what the libraries print must not get into the picture
        try:
            out.write(main(*sys.argv[1:]))
        except Exception as error:
            sys.exit(f"{type(error).__name__}: {error}")
