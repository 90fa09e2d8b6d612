"""The documentation's site, as Sphinx makes it of these pages; see `scripts/docs`."""

from scripts.documenting import chinese_search, docstrings, languages

project = "Suyuan 溯源"
author = "The Suyuan contributors"
copyright = "the Suyuan contributors, Apache-2.0"  # Sphinx's own name for it
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["site/*"]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

# Signatures as they are written: types are in them already.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True
add_module_names = False
toc_object_entries = False  # hundreds of methods at the side of every page
maximum_signature_line_length = 90

html_theme = "furo"
html_title = "Suyuan 溯源"
html_search_language = chinese_search.LANGUAGE
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["site"]
html_css_files = ["site.css"]
html_permalinks_icon = "#"
# Nothing is fetched from elsewhere: the fonts are the reader's.
_FONTS = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif'
html_theme_options = {
    "light_css_variables": {
        "font-stack": f"-apple-system, BlinkMacSystemFont, 'Segoe UI', Helvetica, Arial, {_FONTS}",
        "font-stack--monospace": f"Even, ui-monospace, Menlo, Consolas, monospace, {_FONTS}",
        "color-brand-primary": "#0b4f86",
        "color-brand-content": "#0b4f86",
    },
    "dark_css_variables": {"color-brand-primary": "#7db8e8", "color-brand-content": "#7db8e8"},
}


def setup(app):
    chinese_search.setup(app)
    docstrings.setup(app)
    languages.setup(app)
