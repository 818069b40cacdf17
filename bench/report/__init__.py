"""Reports: means with intervals, tables, curves and pictures, as Markdown, HTML and JSON."""
