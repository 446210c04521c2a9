// The page to print from: always on white, in the page's language.

import { createApp } from "vue";
import "../shared/base.css";
import "./print.css";
import { followLang, t } from "../shared/i18n";
import App from "./App.vue";
import "./words";

followLang(() => t("app.print"));
createApp(App).mount("#app");
