"use strict";

// What would ask another host is off: fonts, telemetry, the assistant, the hosted client.
Scalar.createApiReference("#docs", {
  url: document.getElementById("docs").dataset.schema,
  servers: [{ url: location.origin }],
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
});
