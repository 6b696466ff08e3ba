"use strict";

// Draws the figures from the data blocks beside them, and wires the map's controls.
(function () {
  const byId = (id) => document.getElementById(id);
  const figures = document.querySelectorAll("script[type='application/json'][data-figure]");

  function model(name) {
    for (const doc of Bokeh.documents) {
      const found = doc.get_model_by_name(name);
      if (found) return found;
    }
    return null;
  }

  function show(plot, x, y, width) {
    const aspect = (plot.x_range.end - plot.x_range.start) / (plot.y_range.end - plot.y_range.start);
    plot.x_range.setv({ start: x - width / 2, end: x + width / 2 });
    plot.y_range.setv({ start: y - width / aspect / 2, end: y + width / aspect / 2 });
  }

  function zoom(plot, factor) {
    const { x_range: x, y_range: y } = plot;
    show(plot, (x.start + x.end) / 2, (y.start + y.end) / 2, (x.end - x.start) * factor);
  }

  function onView(plot) {
    const [x, y, width] = byId("map-view").value.split(" ").map(Number);
    show(plot, x, y, width);
  }

  function onMeasure(measure) {
    const glyph = model("areas").glyph;
    glyph.fill_color = { field: measure, transform: glyph.fill_color.transform };
    for (const legend of document.querySelectorAll("[data-legend]")) {
      legend.hidden = legend.dataset.legend !== measure;
    }
  }

  function wireMap(plot) {
    byId("map-in").addEventListener("click", () => zoom(plot, 0.6));
    byId("map-out").addEventListener("click", () => zoom(plot, 1 / 0.6));
    byId("map-reset").addEventListener("click", () => onView(plot));
    byId("map-view").addEventListener("change", () => onView(plot));
    for (const radio of document.querySelectorAll("input[name='measure']")) {
      radio.addEventListener("change", () => onMeasure(radio.value));
    }
    for (const box of document.querySelectorAll("input[data-layer]")) {
      box.addEventListener("change", () => {
        for (const layer of box.dataset.layer.split(" ")) model(layer).visible = box.checked;
      });
    }
    byId("map-controls").hidden = false;
  }

  for (const block of figures) {
    const target = byId(block.dataset.figure);
    target.textContent = "";
    Bokeh.embed.embed_item(JSON.parse(block.textContent), target.id).then(() => {
      if (target.id === "map") wireMap(model("harm-map"));
    });
  }
})();
