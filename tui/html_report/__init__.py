"""A self-contained HTML page about sessions, for readers without this tool.

Built as a tree of elements, so that foreign text cannot become markup.
"""
