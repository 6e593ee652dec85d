// Equity and balance above, the fall from the peak below, from the curve in the result.
function startEquity() {
  const points = [];
  let peak = -Infinity;
  for (const [ms, equity, balance] of result.equity_curve) {
    const time = Math.floor(ms / 1000);
    if (points.length && points[points.length - 1].time >= time) points.pop();
    peak = Math.max(peak, equity);
    points.push({ time, equity, balance, fall: peak > 0 ? (100 * (equity - peak)) / peak : 0 });
  }
  const box = byId("equity-chart");
  const chart = newChart(box, byId("equity-tools"), () => chart.timeScale().fitContent());
  const quiet = { priceLineVisible: false, lastValueVisible: false };
  const balance = chart.addSeries(LightweightCharts.LineSeries, { ...quiet, lineWidth: 1, lineStyle: 2, crosshairMarkerVisible: false });
  const equity = chart.addSeries(LightweightCharts.LineSeries, { ...quiet, lineWidth: 2 });
  const format = { type: "custom", minMove: 0.01, formatter: (v) => `${decimals(v, 1)}%` };
  const fall = chart.addSeries(LightweightCharts.BaselineSeries, { ...quiet, lineWidth: 1, priceFormat: format, baseValue: { type: "price", price: 0 } }, 1);
  onPaint((c) => {
    balance.applyOptions({ color: c.quiet });
    equity.applyOptions({ color: c.accent });
    fall.applyOptions({ bottomLineColor: c.loss, bottomFillColor1: `${c.loss}22`, bottomFillColor2: `${c.loss}66`, topLineColor: c.loss, topFillColor1: "transparent", topFillColor2: "transparent" });
  });
  balance.setData(points.map((p) => ({ time: p.time, value: p.balance })));
  equity.setData(points.map((p) => ({ time: p.time, value: p.equity })));
  fall.setData(points.map((p) => ({ time: p.time, value: p.fall })));
  const panes = chart.panes();
  panes[0].setStretchFactor(2.4);
  panes[1].setStretchFactor(1);
  chart.timeScale().fitContent();
  const by = new Map(points.map((p) => [p.time, p]));
  const say = (p) => {
    const part = (name, value) => [`${name} `, make("b", { textContent: value }), "   "];
    byId("equity-readout").replaceChildren(
      `${moment(p.time * 1000)}   `, ...part("equity", money(p.equity)), ...part("balance (dashed)", money(p.balance)), ...part("below the peak", `${decimals(p.fall, 2)}%`));
  };
  const last = points[points.length - 1];
  say(last);
  chart.subscribeCrosshairMove((event) => say(by.get(event.time) || last));
  box.setAttribute("aria-label", `Equity from ${money(result.initial_balance)} to ${money(result.equity)} ${result.currency}; deepest drawdown ${decimals(result.performance.drawdown_percent, 2)} percent`);
}
