// What the place picker says, Chinese then English.
export const placeWords = {
  "place.map": ["在地图上选点", "Pick the place on the map"],
  "place.loading": ["正在载入地图…", "Loading the map…"],
  "place.none": ["本县还没有地图，请填写经纬度", "This county has no map yet: give longitude and latitude"],
  "place.failed": ["地图载入失败", "The map could not be loaded"],
  "place.retry": ["重试", "Try again"],
  "place.help": [
    "拖动地图，让图钉对准地点；方向键移动，加减号缩放。",
    "Drag the map until the pin is on the place. Arrow keys move it, + and − zoom.",
  ],
  "place.in": ["放大", "Zoom in"],
  "place.out": ["缩小", "Zoom out"],
  "place.unset": ["还没有选定地点", "No place chosen yet"],
  "place.outside": ["图上没有这个地方", "Not on this map"],
  "place.clear": ["不要地点", "No place"],
  "place.go": ["按名称定位", "Go to a unit"],
  "place.goAny": ["选择乡镇、村或网格", "Choose a township, village or grid"],
  "place.byHand": ["填写经纬度", "By longitude and latitude"],
  "place.lon": ["经度", "Longitude"],
  "place.lat": ["纬度", "Latitude"],
  "place.bad": ["经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间", "Longitude must be between -180 and 180, latitude between -90 and 90"],
  "place.here": ["用图钉处", "Use the pin's place"],
} as const satisfies Record<string, readonly [string, string]>;
