"""Exercises: a graph's numbers to be found by hand, with answer keys and hints."""

from minigraph.worksheet.sheet import Worksheet, worksheet, worksheets

__all__ = ["Worksheet", "worksheet", "worksheets"]
