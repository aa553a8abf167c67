import { logIn } from "../api.js";
import { h } from "../dom.js";

/** A form for a token of the coordinator; `done` is called once it was accepted. */
export function loginView(done) {
  const field = h("input", { type: "password", autocomplete: "off", required: true, "aria-label": "Token" });
  const message = h("p", { class: "note", role: "alert", hidden: true });
  return h("div", {}, h("h1", {}, "Log in"),
    h("p", {}, "This coordinator has a token file. Enter a token with the role read or submit; submit also lets you change jobs."),
    h("form", { class: "controls", onsubmit: async (event) => {
      event.preventDefault();
      try {
        await logIn(field.value);
        done();
      } catch (error) {
        message.hidden = false;
        message.textContent = error.message;
      }
    } }, field, h("button", { type: "submit", class: "primary" }, "Log in")), message);
}
