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

applyTheme();
useWordFiles(wordFiles).then(
  () => {
    followLang(() => t("app.field"));
    createApp(App).mount("#app");
    void startOffline();
  },
  () => document.getElementById("failed")!.removeAttribute("hidden"),
);
