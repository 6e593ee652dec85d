// Draws positions over the candles: fills, the path of the stop, targets, and what happened between entry and exit.
const targetName = (kind, leg) => (kind === "take" ? `TAKE ${leg + 1}` : "target");

class Positions {
  constructor(chart, series) {
    this.chart = chart;
    this.series = series;
    this.times = [];
    this.bars = [];
    this.list = [];
    this.selected = -1;
    this.view = { zOrder: () => "top", renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace((s) => this.draw(s.context, s.mediaSize)) }) };
    onPaint((c) => { this.colours = c; });
  }

  attached({ requestUpdate }) { this.requestUpdate = requestUpdate; }
  updateAllViews() {}
  paneViews() { return [this.view]; }

  show(times, bars, list, selected) {
    Object.assign(this, { times, bars, list, selected });
    if (this.requestUpdate) this.requestUpdate();
  }

  autoscaleInfo(from, to) {
    const trade = trades[this.selected];
    if (!trade || !this.list.includes(this.selected)) return null;
    const [a, b] = [this.row(trade.opened), this.row(trade.closed || result.end)];
    if (b < from || a > to) return null;
    const levels = levelsOf(this.selected);
    const prices = [...levels.fills.map((f) => f[1]), ...levels.stops.map((s) => s[1]), ...levels.targets.map((t) => t[1])];
    return { priceRange: { minValue: Math.min(...prices), maxValue: Math.max(...prices) } };
  }

  row(ms) { return rowAt(this.times, Math.floor(ms / 1000)); }

  // A stop or target inside a bar is booked at the bar's close: it belongs to the bar that closed then.
  fillRow([ms, price, reason]) {
    const row = this.row(ms);
    if (!["stop", "target", "take"].includes(reason)) return row;
    const before = this.row(ms - 1000);
    const bar = this.bars[before];
    if (before === row || !bar) return row;
    const slack = (bar.high - bar.low) * 0.2;
    return price >= bar.low - slack && price <= bar.high + slack ? before : row;
  }

  x(row) { return this.chart.timeScale().logicalToCoordinate(row); }
  y(price) { return this.series.priceToCoordinate(price); }

  draw(context, size) {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (!range || !this.times.length) return;
    for (const index of this.list) {
      const trade = trades[index];
      const a = this.row(trade.opened);
      const b = this.row(trade.closed || result.end);
      if (b < range.from - 1 || a > range.to + 1) continue;
      this.position(context, size, trade, levelsOf(index), a, b, index === this.selected);
    }
  }

  line(context, points, colour, width, dash) {
    const inside = points.filter(([x, y]) => x !== null && y !== null);
    if (inside.length < 2) return;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    inside.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.setLineDash([]);
  }

  label(context, size, x, y, words, colour) {
    if (x === null || y === null) return;
    const width = context.measureText(words).width;
    const left = Math.min(x + 6, size.width - width - 6);
    context.fillStyle = this.colours.card;
    context.globalAlpha = 0.85;
    context.fillRect(left - 3, y - 8, width + 6, 16);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(words, left, y);
  }

  position(context, size, trade, levels, a, b, chosen) {
    const c = this.colours;
    const [left, right] = [this.x(a), this.x(b)];
    const wide = chosen || Math.abs(right - left) > 24;
    const faded = this.selected >= 0 && !chosen;
    context.globalAlpha = faded ? 0.35 : 1;
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    const fills = levels.fills.map((fill) => ({ x: this.x(this.fillRow(fill)), y: this.y(fill[1]), into: fill[2] === "entry" || fill[2] === "add" }));
    if (wide && levels.stops.length) {
      const path = [];
      levels.stops.forEach(([ms, price], i) => {
        const x = i ? this.x(this.row(ms)) : left;
        if (i) path.push([x, this.y(levels.stops[i - 1][1])]);
        path.push([x, this.y(price)]);
      });
      const last = levels.stops[levels.stops.length - 1][1];
      path.push([right, this.y(last)]);
      this.line(context, path, c.loss, chosen ? 2 : 1.2, []);
      for (const target of new Set(levels.targets.map((t) => t[1]))) {
        this.line(context, [[left, this.y(target)], [right, this.y(target)]], c.gain, chosen ? 1.8 : 1, [6, 4]);
      }
    }
    const [first, end] = [fills[0], fills[fills.length - 1]];
    if (chosen) this.line(context, [[left, this.y(trade.entry)], [right, this.y(trade.entry)]], c.accent, 1, [2, 2]);
    if (first && end !== first) this.line(context, [[first.x, first.y], [end.x, end.y]], c.quiet, 1, [2, 3]);
    for (const fill of fills) this.mark(context, fill, trade.side, chosen);
    if (chosen) this.labels(context, size, trade, levels, right);
    context.globalAlpha = 1;
  }

  mark(context, { x, y, into }, side, chosen) {
    if (x === null || y === null) return;
    const r = chosen ? 6 : 4;
    const c = this.colours;
    context.beginPath();
    if (into) {
      context.moveTo(x, y - side * r);
      context.lineTo(x + r, y + side * r);
      context.lineTo(x - r, y + side * r);
      context.closePath();
      context.fillStyle = c.accent;
      context.strokeStyle = c.card;
      context.lineWidth = 1;
      context.fill();
    } else {
      const s = r * 0.8;
      context.moveTo(x - s, y - s);
      context.lineTo(x + s, y + s);
      context.moveTo(x + s, y - s);
      context.lineTo(x - s, y + s);
      context.strokeStyle = c.ink;
      context.lineWidth = chosen ? 2 : 1.5;
    }
    context.stroke();
  }

  labels(context, size, trade, levels, right) {
    const c = this.colours;
    const words = [];
    const stop = levels.stops[levels.stops.length - 1];
    if (stop) words.push([stop[1], `stop ${priceText(trade.market, stop[1])}`, c.loss]);
    for (const [price, name] of new Map(levels.targets.map(([kind, at, leg]) => [at, targetName(kind, leg)]))) {
      words.push([price, `${name} ${priceText(trade.market, price)}`, c.gain]);
    }
    words.push([trade.entry, `entry ${priceText(trade.market, trade.entry)}`, c.accent]);
    let above = -Infinity;
    for (const [price, said, colour] of words.sort((p, q) => q[0] - p[0])) {
      const y = this.y(price);
      if (y === null) continue;
      above = Math.max(y, above + 17);
      this.label(context, size, right, above, said, colour);
    }
  }
}
