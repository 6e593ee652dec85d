// Colours: as the system has them, light or dark; charts are told, since a canvas knows no style sheet.
const painted = [];
const dark = matchMedia("(prefers-color-scheme: dark)");
const MODES = ["auto", "light", "dark"];
let mode = "auto";

function colours() {
  const style = getComputedStyle(document.documentElement);
  const found = {};
  for (const name of ["page", "card", "line", "soft", "ink", "quiet", "accent", "gain", "loss", "mark", "candle"]) {
    found[name] = style.getPropertyValue(`--${name}`).trim();
  }
  return found;
}

function repaint() {
  const now = colours();
  painted.forEach((paint) => paint(now));
}

function onPaint(paint) {
  painted.push(paint);
  paint(colours());
}

function setMode(next) {
  mode = MODES.includes(next) ? next : "auto";
  if (mode === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = mode;
  const button = byId("theme");
  button.textContent = `Colours: ${mode}`;
  button.setAttribute("aria-label", `Colours: ${mode === "auto" ? "as the system has them" : mode}`);
  try {
    localStorage.setItem("report-colours", mode);
  } catch (refused) {
    // a browser may keep nothing for a page from a file: the choice then lasts as long as the page
  }
  repaint();
}

function startTheme() {
  let kept = null;
  try {
    kept = localStorage.getItem("report-colours");
  } catch (refused) {
    // as above
  }
  byId("theme").hidden = false;
  byId("theme").addEventListener("click", () => setMode(MODES[(MODES.indexOf(mode) + 1) % MODES.length]));
  dark.addEventListener("change", repaint);
  setMode(kept);
}

const baseOptions = (c) => ({
  layout: {
    background: { type: "solid", color: c.card }, textColor: c.quiet, fontSize: 12, attributionLogo: false,
    fontFamily: getComputedStyle(document.body).fontFamily, panes: { separatorColor: c.line, separatorHoverColor: c.soft },
  },
  grid: { vertLines: { visible: false }, horzLines: { color: c.soft } },
  rightPriceScale: { borderColor: c.line },
  timeScale: { borderColor: c.line, timeVisible: true, secondsVisible: false, minBarSpacing: 0.01 },
  crosshair: { vertLine: { color: c.quiet, labelBackgroundColor: c.ink }, horzLine: { color: c.quiet, labelBackgroundColor: c.ink } },
});

// A chart in a box: keys, buttons, and the wheel only while the box has the focus, so that the page still scrolls.
function newChart(box, tools, showAll) {
  const chart = LightweightCharts.createChart(box, {
    autoSize: true, handleScroll: { mouseWheel: false, vertTouchDrag: false }, handleScale: { mouseWheel: false }, ...baseOptions(colours()),
  });
  onPaint((c) => chart.applyOptions(baseOptions(c)));
  const scale = chart.timeScale();
  const change = (move, zoom) => {
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    const size = range.to - range.from;
    const middle = (range.from + range.to) / 2 + move * size;
    scale.setVisibleLogicalRange({ from: middle - (size * zoom) / 2, to: middle + (size * zoom) / 2 });
  };
  const moves = {
    ArrowLeft: ["Earlier", () => change(-0.2, 1)], ArrowRight: ["Later", () => change(0.2, 1)],
    "+": ["Zoom in", () => change(0, 0.6)], "-": ["Zoom out", () => change(0, 1 / 0.6)], 0: ["All", showAll],
  };
  box.addEventListener("keydown", (event) => {
    const found = moves[event.key === "=" ? "+" : event.key];
    if (!found || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    found[1]();
  });
  for (const name of ["ArrowLeft", "ArrowRight", "+", "-", "0"]) {
    tools.append(make("button", { type: "button", textContent: moves[name][0], onclick: moves[name][1] }));
  }
  const wheel = (on) => chart.applyOptions({ handleScroll: { mouseWheel: on }, handleScale: { mouseWheel: on } });
  box.addEventListener("focusin", () => wheel(true));
  box.addEventListener("focusout", () => wheel(false));
  return chart;
}
