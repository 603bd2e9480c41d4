"""Usage: guide.py GUIDE.md EXAMPLE...

Fails when a quotation in the guide is not, word for word, in a file of the examples. Quotations are the fenced blocks
in cpp, cmake and yaml; indentation in front of the whole block does not count.
"""
import pathlib
import re
import sys
import textwrap

guide, *examples = map(pathlib.Path, sys.argv[1:])
files = [textwrap.dedent(f.read_text()) for example in examples for f in example.iterdir() if f.is_file()]


def quoted(block):
    indents = {re.match(r" *", line).group() for text in files for line in text.splitlines()}
    return any(textwrap.indent(block, indent) in text for indent in indents for text in files)


blocks = re.findall(r"^```(?:cpp|cmake|yaml)\n(.*?)^```$", guide.read_text(), re.DOTALL | re.MULTILINE)
wrong = [block for block in blocks if not quoted(block)]
for block in wrong:
    print(f"{guide}: not in {', '.join(map(str, examples))}:\n{block}", file=sys.stderr)
sys.exit(1 if wrong or not blocks else 0)
