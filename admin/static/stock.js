// For starlette-admin's own pages only. Gives its scripts what its base.html kept in an inline script, and binds
// the two inline handlers the strict content security policy makes inert.
"use strict";
(function () {
  const given = JSON.parse(document.getElementById("stock-words").textContent);
  const admin = (window.StarletteAdmin = window.StarletteAdmin || {});
  const lookup = (table) => (name, fallback) =>
    Object.prototype.hasOwnProperty.call(table, name) ? table[name] : fallback !== undefined ? fallback : name;
  admin.icons = given.icons;
  admin.classes = given.classes;
  admin.getIcon = lookup(given.icons);
  admin.getClass = lookup(given.classes);
  const word = lookup(given.words);

  $.ajaxSetup({
    beforeSend: function (xhr, settings) {
      if (!/^(GET|HEAD|OPTIONS|TRACE)$/i.test(settings.type)) {
        xhr.setRequestHeader("X-CSRFToken", Cookies.get("starlette_admin_csrftoken") || "");
      }
    },
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches('select[data-onchange="window.location = this.value"]')) {
      window.location = event.target.value;
    }
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest('[data-onclick="applyColumnVisibility()"]')) applyColumnVisibility();
  });

  // The date picker hides the labelled input behind one without a label.
  const nameDates = () =>
    document.querySelectorAll("input.flatpickr-input[type=hidden]").forEach(function (source) {
      const label = document.querySelector(`label[for="${CSS.escape(source.id)}"]`);
      const shown = source.nextElementSibling;
      if (label && shown) shown.setAttribute("aria-label", label.textContent.trim());
    });
  $(() => setTimeout(nameDates));

  window.addEventListener("load", function () {
    document.querySelectorAll(".a-stock thead th:empty").forEach(function (head) {
      head.append(Object.assign(document.createElement("span"), { className: "a-hidden", textContent: word("Actions") }));
    });
    const alert = admin.alertHandler;
    if (alert) admin.alertHandler = (kind, message, delay) => alert(kind, word(message), delay);
    document.querySelectorAll('[aria-label="close"], [aria-label="Search in table"]').forEach(function (element) {
      element.setAttribute("aria-label", word(element.getAttribute("aria-label")));
    });
  });
})();
