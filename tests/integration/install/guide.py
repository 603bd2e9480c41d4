"""Usage: guide.py GUIDE.md EXAMPLE...

Fails when a quotation in the guide is not, word for word, in a file of the examples. Quotations are the fenced blocks
in cpp, cmake, proto and yaml; indentation in front of the whole block does not count.
"""
import pathlib
import re
import sys
import textwrap


def misquoted(guide, folders):
    """What is quoted in the guide and stands nowhere; everything when nothing is quoted."""
    files = [textwrap.dedent(f.read_text()) for folder in folders for f in folder.iterdir() if f.is_file()]
    indents = {re.match(r" *", line).group() for text in files for line in text.splitlines()}
    blocks = re.findall(r"^```(?:cpp|cmake|proto|yaml)\n(.*?)^```$", guide.read_text(), re.DOTALL | re.MULTILINE)
    wrong = [block for block in blocks
             if not any(textwrap.indent(block, indent) in text for indent in indents for text in files)]
    return [f"{guide}: not in {', '.join(map(str, folders))}:\n{block}" for block in wrong] or \
        ([] if blocks else [f"{guide}: quotes nothing"])


if __name__ == "__main__":
    guide, *examples = map(pathlib.Path, sys.argv[1:])
    if wrong := misquoted(guide, examples):
        sys.exit("\n".join(wrong))
