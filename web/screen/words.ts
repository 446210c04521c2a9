// What the big screen says: few words, read from far away.

import { addWords, dictionary } from "../shared/i18n";

export const words = dictionary({
  "app.screen": ["枫桥 · 一屏统览", "Fengqiao · County at a glance"],
  "screen.title": ["一屏统览", "at a glance"],
  "screen.down": ["连接已断开，正在重连", "Link down, reconnecting"],
  "screen.stale": ["数据没有更新", "The figures are not being updated"],
  "screen.asOf": ["数据截至 {time}", "figures as of {time}"],
  "screen.refused": ["这个账号不能看统计：请用调度员、指挥长、镇(办)主任或服务账号登录", "This account sees no statistics: sign in as a dispatcher, commander, director or service"],
  "screen.settings": ["大屏设置", "Screen settings"],
  "screen.token": [
    "墙上的屏幕可用长期令牌登录：在服务器上执行 fengqiao user token 账号 365，再打开 /screen/#token=令牌。",
    "A screen on a wall signs in by a token that lasts: run fengqiao user token NAME 365 on the server, then open /screen/#token=TOKEN.",
  ],
  "fit": ["画面", "Picture"],
  "fit.fit": ["等比适应（不变形）", "Fit, keeping its shape"],
  "fit.stretch": ["拉伸铺满", "Stretch to the edges"],
  "fit.custom": ["自定大小（拼接屏）", "A size of its own (panel walls)"],
  "fit.width": ["宽（像素）", "Width, pixels"],
  "fit.height": ["高（像素）", "Height, pixels"],
  "fit.left": ["左边距", "From the left"],
  "fit.top": ["上边距", "From the top"],
  "full": ["全屏 / 退出全屏", "Full screen on / off"],
  "full.refused": ["浏览器不允许全屏，请按 F11", "The browser allows no full screen: press F11"],
  "now": ["当前", "Now"],
  "now.open": ["在办", "Open"],
  "now.overdue": ["超期", "Overdue"],
  "now.unassigned": ["待派", "Unassigned"],
  "today.reported": ["今日上报", "New today"],
  "today.closed": ["今日办结", "Done today"],
  "rate": ["三限时达标率（近 30 天）", "In time (30 days)"],
  "rate.detect": ["发现上报", "Report"],
  "rate.dispatch": ["调度", "Dispatch"],
  "rate.resolve": ["处置", "Resolve"],
  "rate.within": ["{span}内", "in {span}"],
  "rate.half": ["一半在 {span}内", "half in {span}"],
  "rate.most": ["九成在 {span}内", "90 % in {span}"],
  "span.s": ["{n} 秒", "{n} s"],
  "span.m": ["{n} 分钟", "{n} min"],
  "span.h": ["{n} 小时", "{n} h"],
  "ranking": ["乡镇在办排名", "Townships"],
  "ranking.township": ["乡镇", "Township"],
  "ranking.late": ["超期", "Late"],
  "ranking.none": ["各乡镇没有在办事件", "Nothing open in any township"],
  "newest": ["最新事件", "Newest"],
  "hours": ["分时热力（近 28 天）", "By hour (28 days)"],
  "hours.peak": ["最多：{day} {hour} 时，{n} 件", "busiest: {day} {hour}:00, {n}"],
  "hours.none": ["没有上报", "no reports"],
  "alarm.panic": ["一键报警", "Panic"],
  "alarm.checkin": ["平安确认逾期", "Check-in missed"],
  "alarm.emergency": ["应急响应", "Emergency"],
  "alarm.more": ["另有 {n} 项", "and {n} more"],
});
addWords(words);

type ScreenWords = typeof words;
declare module "../shared/i18n" {
  interface PageWords extends ScreenWords {}
}
