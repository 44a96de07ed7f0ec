"""A self-contained HTML page about sessions, for readers without this tool.

Built as a tree of elements, so that no text of a stranger's session can become markup.
"""
