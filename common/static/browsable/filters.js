"use strict";

// An empty field asks for nothing; sent along, it would be a filter that is not valid.
document.getElementById("filters")?.addEventListener("submit", (event) => {
  for (const field of event.target.elements) {
    field.disabled = field.value === "";
  }
});
