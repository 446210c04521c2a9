// What the columns of a table may be called, in the spreadsheets that counties have.

export const columnWords = {
  id: ["代码", "编码", "区划代码", "单位代码", "code", "unit code"],
  parent: ["上级", "上级代码", "上级单位", "parent", "parent code"],
  kind: ["类别", "单位类别", "kind", "type"],
  name: ["名称", "单位名称", "name"],
  lon: ["经度", "longitude", "lng"],
  lat: ["纬度", "latitude"],
  user: ["用户名", "账号", "登录名", "user name", "username", "account"],
  display: ["姓名", "显示名", "display name", "display"],
  roles: ["角色", "role", "roles"],
  org: ["单位", "所属单位", "单位代码", "unit", "org"],
  password: ["初始密码", "密码", "password"],
  skills: ["技能", "专长", "skills"],
  capacity: ["可办任务数", "容量", "capacity"],
  grid: ["网格", "网格代码", "grid"],
  binding: ["包保类别", "类别", "kind", "type"],
  holder: ["责任人", "责任人用户名", "holder"],
  subject: ["对象", "地址编码", "包保对象", "subject"],
  from: ["开始", "起", "自", "from"],
  until: ["结束", "止", "至", "until", "to"],
  note: ["备注", "说明", "note"],
};

/** Values written in words: the code of each. */
export const valueWords: Record<string, string> = {
  县: "county", 区: "county", 乡镇: "township", 街道: "township", 镇: "township", 乡: "township", 村: "village", 社区: "village", 网格: "grid",
  派出所: "police_post", 警务室: "police_post", 部门: "department", 中心: "centre", 队伍: "team", 林场: "forest_farm", 园区: "park", 专班: "task_force", 党支部: "party_branch",
  调度员: "dispatcher", 指挥长: "commander", 镇中心主任: "director", 中心主任: "director", 网格员: "officer", 家属: "family",
  系统管理员: "admin.system", 安全管理员: "admin.security", 审计管理员: "admin.audit", 服务: "service", 部门人员: "department",
};
