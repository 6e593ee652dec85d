// The price chart: a market's whole span, or the bars around one trade.
const opened = new Map();
let priceChart, candles, positions, lastBar, chosen = -1, shownMarket = "";

// Bars of a market and timeframe; what stands in the page are differences in ticks, see the docs.
function barsOf(market, timeframe) {
  const key = `${timeframe} ${market}`;
  if (!opened.has(key)) {
    const { tick, series } = view.markets[market];
    const { minutes, start, price, bars } = series[timeframe];
    const found = [];
    let minute = start / 60000 - minutes;
    let end = price;
    for (let k = 0; k < bars.length; k += 5) {
      minute += minutes + bars[k];
      const begin = end + bars[k + 1];
      end = begin + bars[k + 4];
      found.push({ time: minute * 60, open: begin * tick, high: (begin + bars[k + 2]) * tick, low: (begin + bars[k + 3]) * tick, close: end * tick });
    }
    opened.set(key, found);
  }
  return opened.get(key);
}

function readBar(bar) {
  const part = (name) => [`${name} `, make("b", { textContent: priceText(shownMarket, bar[name]) }), "   "];
  byId("price-readout").replaceChildren(`${moment(bar.time * 1000)}   `, ...["open", "high", "low", "close"].flatMap(part));
}

const tradesOf = (market) => trades.map((trade, i) => (trade.market === market ? i : -1)).filter((i) => i >= 0);

function fillChart(market, bars, selected) {
  const { tick, digits } = view.markets[market];
  candles.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: tick } });
  candles.setData(bars);
  const times = bars.map((bar) => bar.time);
  positions.show(times, bars, tradesOf(market), selected);
  shownMarket = market;
  lastBar = bars[bars.length - 1];
  readBar(lastBar);
  byId("market").value = market;
}

function showMarket(market) {
  const info = view.markets[market];
  const count = tradesOf(market).length;
  chosen = -1;
  fillChart(market, barsOf(market, info.overview), -1);
  priceChart.timeScale().fitContent();
  byId("chart-state").textContent = `${market}, ${info.overview}, whole span, ${count} trade${count === 1 ? "" : "s"}`;
  byId("trade-detail").replaceChildren();
  byId("price-chart").setAttribute("aria-label", `Candles of ${market}, ${info.overview}, with ${count} trades`);
  markChosen();
}

function showTrade(index, jump) {
  const trade = trades[index];
  const info = view.markets[trade.market];
  const place = view.windows[index];
  chosen = index;
  const timeframe = place ? place[0] : info.overview;
  let bars = barsOf(trade.market, timeframe);
  if (place) bars = bars.slice(Math.max(rowAt(bars.map((b) => b.time), place[1] / 1000), 0), rowAt(bars.map((b) => b.time), place[2] / 1000) + 1);
  fillChart(trade.market, bars, index);
  const a = positions.row(trade.opened);
  const b = positions.row(trade.closed || result.end);
  const room = Math.max(20, (b - a) * 0.4);
  // the levels are named to the right of the exit: the words need their place on a narrow screen too
  const share = Math.min(140 / Math.max(priceChart.timeScale().width(), 1), 0.45);
  priceChart.timeScale().setVisibleLogicalRange({ from: a - room, to: b + Math.max(room, ((b - a + room) * share) / (1 - share)) });
  const said = `trade ${trade.position}, ${trade.plan}, ${sideName(trade.side)} ${trade.market}, net ${signed(trade.net)}`;
  byId("chart-state").textContent = `${trade.market}, ${timeframe}, trade ${trade.position}`;
  byId("price-chart").setAttribute("aria-label", `Candles of ${trade.market}, ${timeframe}, around ${said}`);
  detail(trade, levelsOf(index));
  markChosen();
  if (jump) {
    byId("chart").scrollIntoView();
    byId("price-chart").focus({ preventScroll: true });
  }
}

function detail(trade, levels) {
  const price = (value) => priceText(trade.market, value);
  const tone = (value, written) => make("span", { className: toneOf(value), textContent: written });
  const rows = [
    ["Plan", trade.plan], ["Side", `${sideName(trade.side)} ${decimals(trade.lots, 2)} lots`],
    ["Opened", moment(trade.opened)], ["Closed", trade.closed ? `${moment(trade.closed)}, after ${held(trade.closed - trade.opened)}` : "still open at the end"],
    ["Entry", price(trade.entry)], [levels.fills.filter((f) => f[2] !== "entry" && f[2] !== "add").length > 1 ? "Exit, average" : "Exit", trade.exit ? `${price(trade.exit)}, ${reasonOf(trade)}` : "\u2013"],
    ["First stop", price(trade.stop)], ["Stop moved", levels.stops.length > 1 ? `${levels.stops.length - 1}\u00d7, last to ${price(levels.stops[levels.stops.length - 1][1])}` : "never"],
    ["Targets", [...new Set(levels.targets.map(([kind, at, leg]) => `${targetName(kind, leg)} ${price(at)}`))].join(", ") || "none"], ["Result in R", tone(trade.r, signed(trade.r, 2))],
    ["Net", tone(trade.net, `${signed(trade.net)} ${result.currency}`)], ["Commission, swap", `${money(trade.commission)}, ${signed(trade.swap)}`],
  ];
  if (trade.ambiguous) rows.push(["Ambiguous bars", `${trade.ambiguous}; the better outcome would add ${signed(trade.better)}`]);
  if (levels.fills.length > 2) rows.push(["Fills", levels.fills.map((f) => `${f[2]} ${f[3]}\u00a0@\u00a0${price(f[1])}`).join(", ")]);
  byId("trade-detail").replaceChildren(
    make("h3", { textContent: `Trade ${trade.position}` }),
    make("dl", { className: "pairs" }, ...rows.map(([name, value]) => make("div", {}, make("dt", { textContent: name }), make("dd", {}, value)))));
}

function step(way) {
  const list = tradesOf(shownMarket);
  const here = list.indexOf(chosen);
  const next = here < 0 ? (way > 0 ? 0 : list.length - 1) : here + way;
  if (next >= 0 && next < list.length) showTrade(list[next], false);
}

function startMarket() {
  const names = Object.keys(view.markets);
  if (!names.length) {
    byId("chart").hidden = true;
    return;
  }
  priceChart = newChart(byId("price-chart"), byId("price-tools"), () => priceChart.timeScale().fitContent());
  candles = priceChart.addSeries(LightweightCharts.CandlestickSeries, { priceLineVisible: false, lastValueVisible: false });
  positions = new Positions(priceChart, candles);
  candles.attachPrimitive(positions);
  onPaint((c) => candles.applyOptions({ upColor: c.card, downColor: c.candle, borderUpColor: c.candle, borderDownColor: c.candle, wickUpColor: c.candle, wickDownColor: c.candle }));
  byId("market").append(...names.map((name) => make("option", { value: name, textContent: name })));
  byId("market").addEventListener("change", (event) => showMarket(event.target.value));
  byId("price-chart").addEventListener("keydown", (event) => {
    const row = document.querySelector("#trade-table tr[aria-selected] button");
    if (event.key === "Escape" && row) row.focus();
  });
  byId("whole").addEventListener("click", () => showMarket(shownMarket));
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  priceChart.subscribeCrosshairMove((event) => readBar(event.seriesData.get(candles) || lastBar));
  priceChart.subscribeClick((event) => {
    if (event.logical === undefined) return;
    const at = (i) => Math.abs((positions.row(trades[i].opened) + positions.row(trades[i].closed || result.end)) / 2 - event.logical);
    const near = tradesOf(shownMarket).filter((i) => positions.row(trades[i].opened) - 2 <= event.logical && positions.row(trades[i].closed || result.end) + 2 >= event.logical);
    if (near.length) showTrade(near.reduce((p, q) => (at(q) < at(p) ? q : p)), false);
  });
  const busiest = names.reduce((p, q) => (tradesOf(q).length > tradesOf(p).length ? q : p));
  showMarket(busiest);
}
