"""Search that finds Chinese words without a dictionary: what is written without spaces is kept as pairs of
neighbouring signs, and what is searched for is cut in the same way.
"""

import re
from typing import Final

from sphinx.application import Sphinx
from sphinx.search.zh import SearchChinese

LANGUAGE: Final = "zh"
#: Ideographs: a range for a class of a regular expression, in Python as in JavaScript.
SIGNS: Final = "㐀-䶿一-鿿豈-﫿"
#: A run of ideographs, or a run of letters and digits of other scripts.
RUNS: Final = re.compile(rf"[{SIGNS}]+|(?:(?![{SIGNS}])\w)+")
#: The same in the reader's browser.
SPLITTER: Final = rf"""
function splitQuery(query) {{
  const runs = query.match(/[{SIGNS}]+|(?:(?![{SIGNS}])[\p{{L}}\p{{N}}_])+/gu) || [];
  return runs.flatMap((run) => {{
    if (!/[{SIGNS}]/.test(run) || run.length < 2) return [run];
    return Array.from({{ length: run.length - 1 }}, (_, at) => run.slice(at, at + 2));
  }});
}}
"""


def pieces(text: str) -> list[str]:
    """The words of a text; of a run of ideographs every pair of neighbours."""
    found: list[str] = []
    for run in RUNS.findall(text):
        if re.match(f"[{SIGNS}]", run) and len(run) > 1:
            found += [run[at : at + 2] for at in range(len(run) - 1)]
        else:
            found.append(run)
    return found


class PairsOfSigns(SearchChinese):
    """Sphinx's Chinese search, cut into pairs instead of by a dictionary."""

    #: The stemmer in the browser is called by this name; Sphinx has none that is called Chinese.
    language_name = "English"
    js_splitter_code = SPLITTER

    def split(self, input: str) -> list[str]:
        """The words of a text."""
        found = pieces(input)
        self.latin_terms.update(word for word in found if word.isascii())
        return found


def setup(app: Sphinx) -> None:
    """Use it for `html_search_language = "zh"`."""
    app.add_search_language(PairsOfSigns)
