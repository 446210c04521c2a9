// What a file that is added begins with: a rule that does nothing yet, a story with its first hour. Made of the names
// in the path, so that what stands there is right as it is.

import type { Files } from "../api";
import { t } from "../../shared/i18n";
import { baseName, groupOf } from "./tree";

export function starter(path: string, files: Files): string {
  const name = baseName(path).replace(/\.\w+$/, "");
  switch (groupOf(path)) {
    case "policies":
      return `-- ${t("starter.policy")}
return policy {
  name = "${name}",
  title = "${name}",
  clocks = {
    handle = { from = "reported", to = "handled", limit = hours(2), warn = { 0.5 } },
  },
  on = {
    ["clock.breached"] = function(e, view)
      if e.policy == "${name}" then return supervise(e.incident, "yellow", "${t("starter.late")}") end
    end,
  },
}
`;
    case "scenarios":
      return `scenario "${t("starter.story")}${Object.keys(files).filter((p) => p.startsWith("scenarios/")).length + 1}"

at "08:00" {
  report { as = "officer-1", category = "dispute", title = "${t("starter.report")}" },
  expect { state = "reported" },
}
`;
    case "dictionaries":
      return "code,zh,en\n";
    case "i18n":
    case "forms":
      return "{}\n";
    default:
      return `-- ${name}\nreturn {}\n`;
  }
}
