// Starts everything; the contents are made from the sections that the page has.
for (const section of document.querySelectorAll("main > section[aria-labelledby]")) {
  const title = byId(section.getAttribute("aria-labelledby")).textContent;
  byId("contents").append(make("li", {}, make("a", { href: `#${section.id}`, textContent: title })));
}
startTheme();
startTrades();
startEquity();
startMarket();
document.documentElement.dataset.ready = "true";
