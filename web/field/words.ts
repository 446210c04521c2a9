// What the phone alone says, Chinese then English.
import { addWords } from "../shared/i18n";

export const words = addWords({
  "app.field": ["枫桥 · 网格终端", "Fengqiao · Field"],
  "link.down.field": [
    "网络已断开 {time}。内容可能已过时；您的操作会保存在手机里，恢复后自动发送。",
    "Offline for {time}. What you see may be out of date; what you do is kept on this phone and sent when the link is back.",
  ],
  "report.where": ["在哪里？", "Where?"],
  "report.where.grid": ["我的网格", "My grid"],
  "report.where.gps": ["当前位置", "Here (GPS)"],
  "report.where.hand": ["填写坐标", "By coordinates"],
  "report.when": ["何时发生？", "When?"],
  "report.when.now": ["刚刚", "Just now"],
  "report.when.10": ["10 分钟前", "10 min ago"],
  "report.when.30": ["30 分钟前", "30 min ago"],
  "report.when.60": ["1 小时前", "1 hour ago"],
  "report.facts": ["现场情况（可多选）", "On the spot (tick all that apply)"],
  "report.fact.injured": ["有人受伤", "Somebody is hurt"],
  "report.fact.trapped": ["有人被困", "Somebody is trapped"],
  "report.fact.spreading": ["正在扩大", "It is spreading"],
  "report.fact.crowd": ["多人聚集", "A crowd has gathered"],
  "report.fact.help": ["需要增援", "Help is needed"],
  "report.clear": ["清空", "Clear"],
  "report.draft": ["草稿已保存在本机", "Draft kept on this device"],
  "report.sent": ["已上报，编号 {number}", "Reported, number {number}"],
  "report.queued": ["已保存，等待发送", "Kept, waiting to be sent"],
  "report.edit": ["修改后重发", "Edit and resend"],
  "report.needCategory": ["请先选择类别", "Choose a category first"],

  "gps.locate": ["定位", "Locate me"],
  "gps.busy": ["正在定位…", "Locating…"],
  "gps.insecure": [
    "当前网页不是安全连接，手机不提供定位。请选择网格或填写坐标。",
    "This page is not on a secure connection, so the phone gives no position. Choose a grid or enter coordinates.",
  ],
  "gps.denied": ["没有定位权限", "Position is not permitted"],
  "gps.failed": ["定位失败，请重试或改用其他方式", "No position found; try again or use another way"],
  "gps.accuracy": ["误差约 {m} 米", "about ±{m} m"],

  "tab.tasks": ["任务", "Tasks"],
  "tab.report": ["上报", "Report"],
  "tab.mine": ["我的上报", "My reports"],

  "inbox.empty": ["当前没有任务", "No tasks"],
  "inbox.unknown": ["网络断开，无法确定是否有新任务", "Offline: whether there are new tasks is not known"],
  "inbox.new": ["新任务：{title}", "New task: {title}"],
  "mine.empty": ["还没有未结的上报", "No open reports of yours"],
  "mine.unknown": ["网络断开，状态可能已过时", "Offline: states may be out of date"],

  "inbox.reminded": ["催接：还有任务没有接单", "Reminder: an order waits for your answer"],
  "gone.doNotGo": ["不要前往", "Do not go"],
  "gone.notice": ["不要前往：{title}", "Do not go: {title}"],
  "refused.task.expired": ["不要前往：任务已失效", "Do not go: the order has lapsed"],
  "refused.task.recalled": ["不要前往：任务已撤回", "Do not go: the order was withdrawn"],
  "refused.task.taken": ["别人已接单，您不必去", "Somebody else has it: you need not go"],
  "checkin.well": ["我平安", "I am well"],
  "checkin.due": ["该报平安了", "Say that you are well"],
  "checkin.missed": ["您没有报平安，调度正在找您", "You did not check in: the desk is looking for you"],
  "checkin.pressed": ["{time} 按下，当时没有网络", "pressed at {time} without a network"],
  "callout.called": ["应急召集：请立即答复", "Emergency call-out: answer now"],
  "callout.note": ["补充一句（可不填）", "A word (optional)"],
  "callout.saidComing": ["您已答复：来", "You said: coming"],
  "callout.saidNot": ["您已答复：来不了", "You said: cannot come"],
  "callout.change": ["改答复", "Change"],
  "callout.released": ["应急召集已解除", "The emergency call-out is over"],
  "asked.title": ["请您答复", "You are asked"],
  "asked.take": ["我来办", "I will do it"],
  "asked.left": ["{time} 后问下一级", "the next one is asked in {time}"],
  "mine.rate": ["办得怎么样？", "How was it done?"],

  "duty.on": ["上岗", "Go on duty"],
  "duty.off": ["下岗", "Go off duty"],
  "duty.isOn": ["在岗", "On duty"],
  "duty.isOff": ["未上岗", "Off duty"],
  "duty.isUnknown": ["在岗状态未知", "Duty not known"],

  "outbox.waiting": ["{n} 条操作等待发送", "{n} waiting to be sent"],
  "outbox.failed": ["未能执行：{what}", "Not done: {what}"],
  "request.askSuspend": ["申请挂起", "Ask for a pause"],
  "request.open": ["等待答复", "waits for an answer"],
});

type FieldWords = typeof words;
declare module "../shared/i18n" {
  interface PageWords extends FieldWords {}
}
