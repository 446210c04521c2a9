-- 洞口县(430525)示范包:机构、账号、示意图、词典和演示文本。本包不含规则,可与任何规则包一起装。
-- Dongkou County, a demonstration pack: organisation, accounts, schematic map, dictionaries and demo texts.
-- It holds no policies, so it goes with any pack that does.
return {
  name = "dongkou",
  version = "1.0.0",
  title = { zh = "洞口县示范包", en = "Dongkou County demonstration pack" },
  org = "org.csv",
  users = "users.csv",
  map = "map.geojson",
  dictionaries = {
    categories = "dictionaries/categories.csv",
    closing = "dictionaries/closing.csv",
  },
}
