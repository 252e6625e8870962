"""The reports as pages: one HTML file each that needs nothing else, for people to keep and to pass on.

`solver.views.html.write.report_text` turns answers into a page. Each kind of page is a file of its own here
(`page_map`, `page_network`, ...), with its template in ``templates``; what they share is in `elements`
(tables, verdicts, plots and files as data), `charts` (how plots look), `mapping` (one mapping in full) and
`render`.

Plots are Bokeh's. Plotly was measured beside it with a scatter of 30,000 labelled points in headless Chromium
without GPU, on the same machine: the page is 2.5 MB with Bokeh and 6.1 MB with Plotly; it is drawn after 0.5
to 0.7 s with Bokeh's canvas, 1.5 to 2.5 s with Plotly's SVG, 1.1 to 2.3 s with Plotly's WebGL, which browsers
without GPU have deprecated and warn of; both answer the pointer in about 20 ms. Bokeh runs under a content
policy that forbids ``eval`` and every connection, and its models can be recoloured in place when the reader
changes the theme.
"""
