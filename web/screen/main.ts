// The big screen: sets language and theme, takes a token from the address, then mounts.

import { createApp } from "vue";
import "../shared/base.css";
import "./screen.css";
import { followLang, t } from "../shared/i18n";
import { applyTheme } from "../shared/theme";
import App from "./App.vue";
import { tokenFromAddress } from "./token";
import "./words";

tokenFromAddress();
applyTheme();
followLang(() => t("app.screen"));
createApp(App).mount("#app");
