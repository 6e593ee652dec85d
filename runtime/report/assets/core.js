// Reads the numbers of the page and writes them as the page does: a true minus, fixed digits, UTC.
const readBlock = (id) => JSON.parse(byId(id).textContent);
const result = readBlock("result-json");
const view = readBlock("view-json");
const trades = result.trades;
const REASONS = { stop_out: "stop-out" };

const decimals = (value, digits) =>
  Number(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212");
const money = (value) => decimals(value, 2);
const signed = (value, digits = 2) => {
  const written = decimals(value, digits);
  return /[1-9]/.test(written) ? (value > 0 ? `+${written}` : written) : written.replace("\u2212", "");
};
const moment = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
const sideName = (side) => (side > 0 ? "buy" : "sell");
const toneOf = (value) => (value > 0 ? "gain" : value < 0 ? "loss" : "");
const reasonOf = (trade) => (trade.closed ? REASONS[trade.reason] || trade.reason : "open");
const digitsOf = (market) => (view.markets[market] ? view.markets[market].digits : 5);
const priceText = (market, value) => decimals(value, digitsOf(market));

// Levels stand in the page for the first trades; of the others the ends and the first stop are known.
function levelsOf(index) {
  if (view.levels[index]) return view.levels[index];
  const trade = trades[index];
  const fills = [[trade.opened, trade.entry, "entry", 0, 0, 0]];
  if (trade.closed) fills.push([trade.closed, trade.exit, trade.reason, 0, 0, 0]);
  return { fills, stops: [[trade.opened, trade.stop]], targets: [] };
}

function held(ms) {
  const minutes = Math.round(ms / 60000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// The row of the last bar that opens at or before a time, -1 before the first.
function rowAt(times, seconds) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
