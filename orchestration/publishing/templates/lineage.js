"use strict";

// Shows the columns whose row holds every word that is typed, and the tables that have one.
(function () {
  const field = document.getElementById("search");
  const count = document.getElementById("count");
  const rows = Array.from(document.querySelectorAll("tbody tr"));
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const sections = Array.from(document.querySelectorAll("section.table"));

  function filter() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every((word) => texts[place].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    sections.forEach((section) => {
      section.hidden = !section.querySelector("tbody tr:not([hidden])");
    });
    count.textContent = shown + " of " + rows.length + " columns";
  }

  document.querySelector(".controls").hidden = false;
  field.addEventListener("input", filter);
  filter();
})();
