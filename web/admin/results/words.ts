// The words of the result views, Chinese then English.

import { dictionary } from "../../shared/words";

export const resultWords = dictionary({});
