// Sums while typing: the change of a payment and the worth of a count. The server reckons again and decides.
"use strict";

(() => {
  const shown = (cents) =>
    `$${Math.floor(cents / 100).toLocaleString("en-US")}.${String(cents % 100).padStart(2, "0")}`;

  const byId = (id) => document.getElementById(id);

  // A check needs its number and a card its authorization.
  const REFERENCES = { id_check: "id_check_number", id_card: "id_card_authorization" };

  // The same amounts as the server takes; anything else counts as nothing until it is mended.
  const centsOf = (text) => {
    const typed = text.trim().replace(/^\$\s*/, "");
    const plain = /^\d{1,3}(,\d{3})+(\.\d{2})?$/.test(typed) ? typed.replaceAll(",", "") : typed;
    if (!/^\d{1,9}(\.\d{2})?$/.test(plain)) return 0;
    const [dollars, cents] = plain.split(".");
    return Number(dollars) * 100 + Number(cents || 0);
  };

  const sum = (form, selector) =>
    [...form.querySelectorAll(selector)].reduce((total, field) => total + centsOf(field.value), 0);

  const reckon = (form) => {
    const nearest = Number(form.dataset.nearestCents);
    const due = sum(form, "[data-item]");
    const cash = sum(form, "[data-tender=cash]");
    const other = sum(form, "[data-tender=other]");
    const cashDue = Math.floor((Math.max(due - other, 0) + Math.floor(nearest / 2)) / nearest) * nearest;
    return { due, cash, left: Math.max(cashDue - cash, 0), change: cash - cashDue, credit: other - due };
  };

  const watchPayment = (form) => {
    const line = form.querySelector("[data-reckoning]");
    const button = form.querySelector(".pay-button");
    const missingReference = () =>
      Object.entries(REFERENCES)
        .filter(([amount, number]) => centsOf(byId(amount).value) && !byId(number).value.trim())
        .map(([, number]) => byId(number))[0];
    const tick = form.querySelector("[data-credit-tick]");
    // What stays as credit is confirmed before the payment is taken.
    const unconfirmed = () =>
      reckon(form).credit > 0 && [...tick.querySelectorAll("input")].find((box) => !box.checked);
    const update = () => {
      const now = reckon(form);
      tick.hidden = now.credit <= 0;
      form.querySelector("[data-to-pay]").value = shown(now.due);
      const [label, cents] =
        now.change > 0 ? ["Change", now.change]
        : now.credit > 0 ? ["Credit left on the account", now.credit]
        : ["Still due", now.left];
      line.querySelector("span").textContent = label;
      line.querySelector("strong").textContent = shown(cents);
      button.textContent = now.left > 0 && now.left < now.due ? "Take part payment" : "Take payment";
    };
    form.addEventListener("input", update);
    // Once enough was handed over, Enter goes to a number that is still missing, else to the button;
    // only the next Enter takes the payment.
    form.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" || !event.target.closest(".tender")) return;
        const now = reckon(form);
        if (now.left > 0 || !event.target.matches("input")) return;
        event.preventDefault();
        event.stopPropagation();
        (missingReference() || unconfirmed() || button).focus();
      },
      true,
    );
    form.querySelectorAll("[data-fill]").forEach((fill) => {
      const field = byId(fill.dataset.fill);
      fill.hidden = false;
      fill.addEventListener("click", () => {
        // The rest after what was typed elsewhere; once that pays it all, this tender takes its place.
        field.value = "";
        if (reckon(form).left === 0) form.querySelectorAll("[data-tender]").forEach((each) => (each.value = ""));
        const now = reckon(form);
        const rest = field.dataset.tender === "cash" ? now.left : Math.max(-now.credit - now.cash, 0);
        field.value = shown(rest).slice(1);
        (missingReference() || unconfirmed() || button).focus();
        update();
      });
    });
    update();
  };

  const watchCount = (form) => {
    const update = () => {
      let cash = 0;
      form.querySelectorAll("[data-face-cents]").forEach((field) => {
        const pieces = /^\d{1,6}$/.test(field.value.trim()) ? Number(field.value) : 0;
        const worth = pieces * Number(field.dataset.faceCents);
        field.closest("tr").querySelector("[data-worth]").value = worth ? shown(worth) : "";
        cash += worth;
      });
      form.querySelector("[data-cash]").value = shown(cash);
      form.querySelector("[data-total]").textContent = shown(cash + sum(form, ".money-input"));
    };
    form.addEventListener("input", update);
    update();
  };

  document.querySelectorAll("form[data-payment]").forEach(watchPayment);
  document.querySelectorAll("form[data-count]").forEach(watchCount);
})();
