// Elements of the page: found, made, and its contents listed from the sections that it has.
const byId = (id) => document.getElementById(id);

function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function startContents() {
  for (const section of document.querySelectorAll("main > section[aria-labelledby]")) {
    const title = byId(section.getAttribute("aria-labelledby")).textContent;
    byId("contents").append(make("li", {}, make("a", { href: `#${section.id}`, textContent: title })));
  }
}
