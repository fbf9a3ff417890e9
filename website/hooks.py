"""What mkdocs.yml calls while the site is built."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from website.links import ROOT, linked_files, rewrite_links, site_uri
from website.source_pages import source_page

ALWAYS = ("README.md", "CHANGELOG.md")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the front page, and a page for every file outside docs/ that a page links to."""
    waiting = [*ALWAYS, *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith("docs/"):
            files.append(_page(path, config))
        if path.endswith(".md"):
            found = set(linked_files((ROOT / path).read_text(encoding="utf-8"), path)) - seen
            waiting += sorted(found)
            seen |= found
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links of the pages in docs/ that lead out of it lead to pages; source_page has done it for the others."""
    return markdown if page.file.generated_by else rewrite_links(markdown, f"docs/{page.file.src_uri}")


def _page(path: str, config: MkDocsConfig) -> File:
    return File.generated(config, site_uri(path), content=source_page(path), inclusion=InclusionLevel.NOT_IN_NAV)
