// A read is decided from the keyboard: a letter chooses, the reason is typed, Enter sends; N goes on without deciding.
"use strict";

(() => {
  const decisions = { a: "accept", r: "reread", e: "estimate", c: "correct", s: "true_up" };
  const withRegister = ["reread", "correct"];

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("textarea, select, input:not([type=radio])")) return;
    const key = event.key.toLowerCase();
    const link = document.querySelector(`[data-shortcut="${CSS.escape(key)}"]`);
    if (link) {
      link.click();
      return;
    }
    const form = document.querySelector("[data-decide]");
    const radio = form && decisions[key] && form.querySelector(`input[value="${decisions[key]}"]`);
    if (!radio) return;
    event.preventDefault();
    radio.checked = true;
    form.elements[withRegister.includes(radio.value) ? "register" : "note"].focus();
  });
})();
