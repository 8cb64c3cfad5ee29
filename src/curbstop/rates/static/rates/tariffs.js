// "Line 14" of a problem selects that line in the text.
"use strict";

(() => {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    const text = document.querySelector("textarea[data-tariff]");
    if (!link || !text) return;
    event.preventDefault();
    const lines = text.value.split("\n");
    const number = Number(link.dataset.line);
    const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[number - 1] || "").length);
    text.scrollTop = (number - 5) * (text.scrollHeight / lines.length);
  });
})();
