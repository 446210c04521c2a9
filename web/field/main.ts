// The field page: sets language and theme, mounts, and sees to it that the page works without a network.

import { createApp } from "vue";
import "../shared/base.css";
import "./field.css";
import { followLang, t, useWordFiles } from "../shared/i18n";
import { applyTheme } from "../shared/theme";
import App from "./App.vue";
import { startOffline } from "./offline";
import { wordFiles } from "virtual:words";
import "./words";
import "./safety";

/** Right behind the page, and not in its way; until it is here nothing could ring, so it is tried until it is. */
function withCalls(): void {
  import("./call").catch(() => setTimeout(withCalls, RETRY_MS));
}
const RETRY_MS = 3000;

applyTheme();
useWordFiles(wordFiles).then(
  () => {
    followLang(() => t("app.field"));
    createApp(App).mount("#app");
    void startOffline();
    withCalls();
  },
  () => document.getElementById("failed")!.removeAttribute("hidden"),
);
