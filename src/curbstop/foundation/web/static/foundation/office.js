// Habits of the counter: "/" finds, a form is sent once, and amounts can be keyed on the ten-key pad.
"use strict";

(() => {
  const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) return;
    const box = document.querySelector("[data-search]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  // The server refuses a second copy as well; this only spares the clerk the refusal.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "get" || form.hasAttribute("data-many")) return;
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("data-sent", "");
    form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("data-busy", ""));
  });

  // A page that comes back from the browser's cache may be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
    document.querySelectorAll("[data-busy]").forEach((button) => button.removeAttribute("data-busy"));
  });

  // Ten-key: "+" steps to the next amount; Enter does so too where a count by denomination asks for it.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("input.money-input, input[data-ten-key]")) return;
    const steps = event.key === "+" || (event.key === "Enter" && field.hasAttribute("data-ten-key"));
    if (!steps) return;
    const fields = [...field.form.querySelectorAll("input.money-input, input[data-ten-key]")];
    const next = fields[fields.indexOf(field) + 1];
    event.preventDefault();
    if (next) {
      next.focus();
      next.select();
    } else {
      field.form.querySelector("button[type=submit]").focus();
    }
  });

  // The menu closes when the clerk looks elsewhere, and gives the focus back on Escape.
  const menus = () => document.querySelectorAll(".office-menu__group[open]");
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("focusin", (event) => {
    menus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print]");
    if (button) window.print();
  });
})();
