// What the collation cannot say by itself: where each letter begins, and who is read otherwise.

/** The first character of each letter, in the collation's order. */
export const FIRST = "阿八嚓哒鹅发旮哈丌咔垃妈拿噢趴七然撒他哇夕丫匝";

/** Characters with another reading, as a surname or in names of places. */
export const ALSO: Record<string, string> = {
  曾: "z", 单: "s", 解: "x", 仇: "q", 区: "o", 查: "z", 翟: "z", 盖: "g", 覃: "q", 瞿: "q", 冼: "x", 乐: "y", 繁: "p",
  缪: "m", 召: "s", 长: "zc", 重: "zc", 尉: "y", 万: "m", 俟: "q", 澹: "t", 隗: "k", 牟: "m", 员: "y", 都: "d", 朝: "zc",
  厦: "x", 埔: "p", 洞: "d", 行: "hx", 调: "dt", 传: "cz", 还: "h", 会: "hk", 种: "c", 折: "s", 宿: "s", 秘: "b", 黑: "h",
  率: "sl", 阿: "ae", 贾: "j", 谷: "y", 适: "k", 盛: "s", 藏: "z", 降: "jx", 车: "jc", 石: "sd", 叶: "y", 郗: "c", 祭: "z",
};
