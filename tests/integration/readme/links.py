"""Every link of a document to a file of this repository leads to one: links.py SOURCES"""

import re
import sys
from pathlib import Path

CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?:\]\(|src=\")([^)\s#\"]+)")


def main():
    root = Path(sys.argv[1]).resolve()
    documents = [*root.glob("*.md"), *(path for top in ("benchmarks", "docs", "plugins")
                                       for path in (root / top).rglob("*.md"))]
    links = [(document, link) for document in documents for link in LINK.findall(CODE.sub("", document.read_text()))
             if "://" not in link]
    broken = [f"{document.relative_to(root)}: {link}" for document, link in links
              if not (document.parent / link).exists()]
    print(f"{len(links)} links of {len(documents)} documents")
    if broken or not links:
        sys.exit("these lead nowhere:\n" + "\n".join(broken))


if __name__ == "__main__":
    main()
