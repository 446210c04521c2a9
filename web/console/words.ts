// Words that only this page says.
import { dictionary } from "../shared/words";

export const words = dictionary({
  "detail.why": ["规则为何这样决定", "Why the rules decided so"],
});
