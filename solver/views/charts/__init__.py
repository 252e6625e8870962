"""What pictures show, whoever draws them: `views.plots` for files, `views.html.plots` for pages."""
