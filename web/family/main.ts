// The relatives' page: takes the token out of the address first, then draws. Light unless somebody chose otherwise.

import { createApp } from "vue";
import "../shared/base.css";
import "./family.css";
import { followLang, t } from "../shared/i18n";
import { theme } from "../shared/theme";
import App from "./App.vue";
import { tokenFromAddress } from "./token";
import "./words";

tokenFromAddress();
// Another link, touched while this page is open: browsers load nothing anew for what stands after the #.
addEventListener("hashchange", () => tokenFromAddress() && location.reload());
if (localStorage.getItem("fq.theme") !== "dark") theme.value = "light";
document.documentElement.dataset["theme"] = theme.value;
followLang(() => t("app.family"));
createApp(App).mount("#app");
