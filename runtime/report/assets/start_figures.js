// Starts a page that has figures only.
startContents();
startTheme();
document.documentElement.dataset.ready = "true";
