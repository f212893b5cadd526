"""A strict reader of our pages: proper nesting, unique ids, nothing to run, nothing to fetch."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr", "base", "col", "wbr", "source", "embed"}
# HTML lets these end tags out; the list of all shots does, to stay small.
OPTIONAL = {"td", "tr", "th"}
FETCHING = {"script", "link", "iframe", "img", "object", "embed", "base", "audio", "video", "source", "form", "a"}
ADDRESS = {"href", "src", "srcset", "action", "data", "poster", "xlink:href", "background", "formaction", "ping"}


@dataclass
class Page(HTMLParser):
    """What stands in a page, and every fault of its form."""

    text: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in OPTIONAL:
            self._end_implied(tag)
        if tag in FETCHING:
            self.faults.append(f"<{tag}> runs or fetches")
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open_tags.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open_tags and self.open_tags[-1] in OPTIONAL and tag not in OPTIONAL:
            self.open_tags.pop()
        if tag == "tr" and self.open_tags and self.open_tags[-1] in {"td", "th"}:
            self.open_tags.pop()
        if not self.open_tags or self.open_tags.pop() != tag:
            self.faults.append(f"</{tag}> ends nothing")

    def handle_data(self, data: str) -> None:
        (self.styles if self.open_tags and self.open_tags[-1] == "style" else self.text).append(data)

    @property
    def words(self) -> str:
        """All text, white space folded."""
        return " ".join(" ".join(self.text).split())

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.faults.append(f"<{tag} {name}> runs")
        if name in ADDRESS and not value.startswith(("#", "data:image/png;base64,")):
            self.faults.append(f"<{tag} {name}={value[:40]!r}> points outside")
        if name in {"style", "fill"}:
            self.styles.append(value)
        if name == "id":
            self.ids.append(value)
        if name == "class":
            self.classes |= set(value.split())

    def _end_implied(self, tag: str) -> None:
        ended = {"td", "th"} if tag in {"td", "th"} else {"td", "th", "tr"}
        while self.open_tags and self.open_tags[-1] in ended:
            self.open_tags.pop()


def read(page: bytes) -> Page:
    """Read a page; ``faults`` is empty when its form is right."""
    text = page.decode("utf-8")
    found = Page()
    found.feed(text)
    found.close()
    if not text.startswith("<!DOCTYPE html>"):
        found.faults.append("no doctype first")
    found.faults += [f"<{tag}> is never closed" for tag in found.open_tags if tag not in OPTIONAL]
    found.faults += [f"id {name} twice" for name in set(found.ids) if found.ids.count(name) > 1]
    for style in found.styles:
        if "@import" in style or "url(" in style.replace("url(#", ""):
            found.faults.append("a style points outside")
    return found
