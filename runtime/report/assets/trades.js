// The list of trades: sorted by a heading, filtered, a page at a time; a row shows its trade on the chart.
const PAGE = 25;
const COLUMNS = [
  ["No.", (t) => t.position, null, "figure"], ["Opened", (t) => t.opened, (t) => moment(t.opened), ""],
  ["Closed", (t) => t.closed, (t) => (t.closed ? moment(t.closed) : "open"), "wide"], ["Plan", (t) => t.plan, null, "wide"],
  ["Market", (t) => t.market, null, ""], ["Side", (t) => -t.side, (t) => sideName(t.side), ""],
  ["Lots", (t) => t.lots, (t) => decimals(t.lots, 2), "figure wide"], ["Entry", (t) => t.entry, (t) => priceText(t.market, t.entry), "figure wide"],
  ["Exit", (t) => t.exit, (t) => (t.exit ? priceText(t.market, t.exit) : "\u2013"), "figure wide"], ["By", (t) => t.reason, reasonOf, "wide"],
  ["R", (t) => t.r, (t) => signed(t.r, 2), "figure wide", (t) => t.r], ["Net", (t) => t.net, (t) => signed(t.net), "figure", (t) => t.net],
];
let order = { column: 0, rising: true };
let page = 0;
let listed = [];

function kept(trade) {
  const won = { won: trade.closed && trade.net > 0, lost: trade.closed && trade.net < 0, open: !trade.closed, ambiguous: trade.ambiguous > 0 };
  const outcome = byId("filter-result").value;
  return (!byId("filter-plan").value || trade.plan === byId("filter-plan").value)
    && (!byId("filter-market").value || trade.market === byId("filter-market").value)
    && (!byId("filter-side").value || String(trade.side) === byId("filter-side").value)
    && (!outcome || won[outcome]);
}

function listTrades() {
  const value = COLUMNS[order.column][1];
  const compare = (p, q) => {
    const [a, b] = [value(trades[p]), value(trades[q])];
    return (a < b ? -1 : a > b ? 1 : p - q) * (order.rising ? 1 : -1);
  };
  listed = trades.map((_, i) => i).filter((i) => kept(trades[i])).sort(compare);
  const net = listed.reduce((sum, i) => sum + Math.round(trades[i].net * 100), 0) / 100;
  byId("trades-state").textContent = `${listed.length} of ${trades.length} trades, net ${signed(net)} ${result.currency}`;
}

function cell([, value, write, kind, tone], trade, index) {
  const written = write ? write(trade) : String(value(trade));
  const classes = `${kind} ${tone ? toneOf(tone(trade)) : ""}`.trim();
  if (kind === "figure" && !write) {
    const button = make("button", { type: "button", textContent: written, "aria-label": `Trade ${written} on the chart` });
    return make("th", { scope: "row", className: classes }, button);
  }
  return make("td", { className: classes, textContent: written });
}

function drawTrades() {
  const pages = Math.max(Math.ceil(listed.length / PAGE), 1);
  page = Math.min(Math.max(page, 0), pages - 1);
  const body = byId("trade-table").tBodies[0];
  body.replaceChildren(...listed.slice(page * PAGE, (page + 1) * PAGE).map((i) => {
    const row = make("tr", {}, ...COLUMNS.map((column) => cell(column, trades[i], i)));
    row.dataset.index = i;
    return row;
  }));
  byId("page-state").textContent = `page ${page + 1} of ${pages}`;
  byId("page-back").disabled = page === 0;
  byId("page-on").disabled = page === pages - 1;
  document.querySelector(".pages").hidden = pages === 1;
  markChosen();
}

function markChosen() {
  for (const row of byId("trade-table").tBodies[0].rows) {
    if (Number(row.dataset.index) === chosen) row.setAttribute("aria-selected", "true");
    else row.removeAttribute("aria-selected");
  }
}

function drawHead() {
  const cells = COLUMNS.map(([name, , , kind], i) => {
    const mine = order.column === i;
    const arrow = mine ? (order.rising ? " \u2191" : " \u2193") : "";
    const button = make("button", { type: "button", textContent: name + arrow });
    button.addEventListener("click", () => {
      order = { column: i, rising: mine ? !order.rising : true };
      page = 0;
      drawHead();
      listTrades();
      drawTrades();
      byId("trade-table").tHead.rows[0].cells[i].firstChild.focus();
    });
    return make("th", { scope: "col", className: kind, "aria-sort": mine ? (order.rising ? "ascending" : "descending") : "none" }, button);
  });
  byId("trade-table").tHead.replaceChildren(make("tr", {}, ...cells));
}

function startTrades() {
  const choices = (id, values) => byId(id).append(...[...new Set(values)].sort().map((value) => make("option", { value, textContent: value })));
  choices("filter-plan", trades.map((t) => t.plan));
  choices("filter-market", trades.map((t) => t.market));
  const again = () => { page = 0; listTrades(); drawTrades(); };
  for (const name of ["plan", "market", "side", "result"]) byId(`filter-${name}`).addEventListener("change", again);
  byId("page-back").addEventListener("click", () => { page -= 1; drawTrades(); });
  byId("page-on").addEventListener("click", () => { page += 1; drawTrades(); });
  byId("trade-table").tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) showTrade(Number(row.dataset.index), true);
  });
  drawHead();
  listTrades();
  drawTrades();
}
