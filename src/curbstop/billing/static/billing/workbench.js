// The workbench from the keyboard: j and k choose an exception, a letter decides on it, Escape returns to the list.
"use strict";

(() => {
  const list = document.querySelector("[data-workbench]");
  if (!list) return;
  const rows = [...list.querySelectorAll("tr")];
  const form = document.querySelector("[data-decision]");
  // A decision loads the page anew; the next exception is then where the last one was.
  const place = `workbench ${location.pathname}`;
  let chosen = -1;

  const choose = (index) => {
    if (index < 0 || index >= rows.length) return;
    rows[chosen]?.removeAttribute("aria-current");
    chosen = index;
    rows[chosen].setAttribute("aria-current", "true");
    rows[chosen].focus();
    if (form) form.hidden = true;
  };

  const decide = (address, what) => {
    if (!form || !address) return;
    form.action = address;
    form.querySelector("[data-what]").textContent = `${what} ${rows[chosen].querySelector("a").textContent}`;
    form.hidden = false;
    const reason = form.querySelector("input[name=reason]");
    reason.value = "";
    reason.focus();
  };

  const keys = {
    j: () => choose(chosen + 1),
    k: () => choose(chosen - 1),
    c: (row) => form?.dataset.mayReview && decide(row.dataset.clear, "Settle this exception of account"),
    b: (row) => form?.dataset.mayReview && decide(row.dataset.bill, "Clear the bill of account"),
    h: (row) => form?.dataset.mayReview && decide(row.dataset.hold, "Hold the bill of account"),
    d: (row) => {
      if (!form?.dataset.mayRedraft) return;
      form.action = row.dataset.redraft;
      form.noValidate = true;
      form.requestSubmit();
    },
    r: (row) => row.querySelector("[data-reads]")?.click(),
    o: (row) => row.querySelector("a").click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && chosen >= 0) return choose(chosen);
    if (event.target.matches("input, textarea, select")) return;
    const act = keys[event.key];
    if (!act || (chosen < 0 && event.key !== "j" && event.key !== "k")) return;
    event.preventDefault();
    act(rows[chosen]);
  });

  list.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr");
    if (row && rows.indexOf(row) !== chosen) {
      rows[chosen]?.removeAttribute("aria-current");
      chosen = rows.indexOf(row);
      row.setAttribute("aria-current", "true");
    }
  });
  form?.addEventListener("submit", () => sessionStorage.setItem(place, chosen));
  form?.querySelector("[data-cancel]").addEventListener("click", () => choose(chosen));

  const left = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  if (left !== null) choose(Math.min(Number(left), rows.length - 1));
})();
