// The console page: sets language and theme, then mounts.

import { createApp } from "vue";
import "../shared/base.css";
import "./console.css";
import "./boards/boards.css";
import { followLang, t } from "../shared/i18n";
import { applyTheme } from "../shared/theme";
import App from "./App.vue";
import "./words";

applyTheme();
followLang(() => t("app.console"));
createApp(App).mount("#app");
