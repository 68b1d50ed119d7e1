"use strict";

const docs = document.getElementById("docs");

// Redoc's sidebar would fetch the logo of its maker from another host: such a picture gets no source, either way.
const isOurs = (url) => new URL(url, location.href).origin === location.origin;
const { get, set } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
Object.defineProperty(HTMLImageElement.prototype, "src", {
  get,
  set(url) {
    if (isOurs(url)) set.call(this, url);
  },
});
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOurs(value)) Element.prototype.setAttribute.call(this, name, value);
};

// The fonts of the machine; Redoc's own would come from another host too.
const fontFamily = "system-ui, sans-serif";
Redoc.init(
  docs.dataset.schema,
  { theme: { typography: { fontFamily, headings: { fontFamily } } } },
  docs,
);
