"use strict";
// Every column sorts its table: a button in its head, without which the page says the same.
function keyOf(row, column) {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
}

function compare(a, b) {
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

function sortBy(head) {
    const body = head.closest("table").tBodies[0];
    const column = head.cellIndex;
    const rising = head.getAttribute("aria-sort") !== "ascending";
    const known = (row) => keyOf(row, column) !== "";
    const rows = [...body.rows].sort((a, b) =>
        known(b) - known(a) || // empty cells stay last
        compare(keyOf(a, column), keyOf(b, column)) * (rising ? 1 : -1));
    for (const other of head.parentNode.cells)
        other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    body.append(...rows);
}

for (const head of document.querySelectorAll("thead th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(head));
    head.append(button);
}
