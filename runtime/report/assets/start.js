// Starts everything.
startContents();
startTheme();
startTrades();
startEquity();
startMarket();
document.documentElement.dataset.ready = "true";
