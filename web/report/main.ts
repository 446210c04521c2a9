// The residents' page: light unless somebody chose otherwise, because it is read outdoors.

import { createApp } from "vue";
import "../shared/base.css";
import "./report.css";
import { followLang, t } from "../shared/i18n";
import { theme } from "../shared/theme";
import App from "./App.vue";
import { kept } from "./keep";
import "./words";

if (kept("fq.theme") !== "dark") theme.value = "light";
document.documentElement.dataset["theme"] = theme.value;
followLang(() => t("app.report"));
createApp(App).mount("#app");
