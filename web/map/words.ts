// What the county's map says, Chinese then English.
import { addWords } from "../shared/i18n";

export const words = addWords({
  "map.label": [
    "全县地图。方向键移动，加减号缩放，0 看全县，回车选中准星处。左侧列表有同样的内容。",
    "Map of the county. Arrow keys move it, + and − zoom, 0 shows the county, Enter chooses what is at the cross. The list beside it holds the same.",
  ],
  "map.loading": ["正在载入地图…", "Loading the map…"],
  "map.none": ["本县还没有地图；管理员可以用 fengqiao org map 导入", "This county has no map yet; an administrator brings one in with fengqiao org map"],
  "map.failed": ["地图载入失败", "The map could not be loaded"],
  "map.retry": ["重试", "Try again"],
  "map.in": ["放大", "Zoom in"],
  "map.out": ["缩小", "Zoom out"],
  "map.all": ["看全县", "The whole county"],
});

type MapWords = typeof words;
declare module "../shared/i18n" {
  interface PageWords extends MapWords {}
}
